#include "actors/agent/claude/read_only_commands.hpp"

#include <catch2/catch.hpp>
#include <string>

using agent_server::claude::only_reads;

TEST_CASE("commands that look may run while a plan is made") {
  for (const std::string script :
       {"ls -la", "cd /repo && rg -n 'foo|bar' src | head -20",
        "git log --oneline -5", "git -C /repo status 2>/dev/null",
        "find . -name '*.cpp' 2>&1 | wc -l", "cat a.txt; tail -n 3 b.txt",
        "grep -r x . > /dev/null && echo yes",
        "echo \"$(git rev-parse HEAD)\""}) {
    INFO(script);
    CHECK(only_reads(script));
  }
}

TEST_CASE("commands that change something, or may, are not read-only") {
  for (const std::string script : {"",
                                   "touch x",
                                   "ls > files.txt",
                                   "echo x >> a",
                                   "echo x >/dev/nullx",
                                   "find . -delete",
                                   "find . -exec rm {} +",
                                   "git commit -m x",
                                   "git -c alias.log=!rm log",
                                   "git branch x",
                                   "git diff --output=x",
                                   "sed -i s/a/b/ f",
                                   "cat x | tee y",
                                   "ls; rm -rf x",
                                   "echo $(rm x)",
                                   "sort -o x y",
                                   "rg --pre rm x",
                                   "./ls",
                                   "sudo ls",
                                   "python3 -c 'x'",
                                   "git grep -Orm x"}) {
    INFO(script);
    CHECK_FALSE(only_reads(script));
  }
}
