#include "actors/agent/claude/publishing.hpp"

#include "actors/agent/claude/shell_commands.hpp"

#include <catch2/catch.hpp>

using namespace agent_server::claude;

namespace {

std::vector<std::vector<std::string>> words_of(std::string_view script) {
  std::vector<std::vector<std::string>> all;
  for (auto& command : read_shell_commands(script))
    all.push_back(std::move(command.words));
  return all;
}

using lists = std::vector<std::vector<std::string>>;

void check_publishing(std::initializer_list<const char*> scripts) {
  for (const auto* script : scripts) {
    INFO(script);
    CHECK_FALSE(publishing_command(script).empty());
  }
}

void check_harmless(std::initializer_list<const char*> scripts) {
  for (const auto* script : scripts) {
    INFO(script);
    CHECK(publishing_command(script) == "");
  }
}

} // namespace

TEST_CASE("a shell script is split into its commands", "[policy]") {
  CHECK(words_of("a 'b c' \"d $x\"; e|f && g\nh &")
        == lists{{"a", "b c", "d $x"}, {"e"}, {"f"}, {"g"}, {"h"}});
}

TEST_CASE("redirections are no words of a command", "[policy]") {
  CHECK(words_of("a >out 2>&1 <in b &>>log 3< x c") == lists{{"a", "b", "c"}});
}

TEST_CASE("commands in substitutions come before the command around them",
          "[policy]") {
  CHECK(words_of("a $(b c) \"$(d)\" `e` <(f)")
        == lists{
          {"b", "c"}, {"d"}, {"e"}, {"f"}, {"a", "$()", "$()", "$()", "$()"}});
}

TEST_CASE("reserved words and assignments begin no command", "[policy]") {
  CHECK(words_of("X=1 a; if ! b; then c; else { d; }; fi")
        == lists{{"a"}, {"b"}, {"c"}, {"d"}, {"fi"}});
}

TEST_CASE("variables that a script sets are expanded", "[policy]") {
  CHECK(words_of("x='a b'; $x \"$x\" ${y:-c} $z")
        == lists{{"a", "b", "a b", "c", "$z"}});
}

TEST_CASE("a here-document is the input of its command", "[policy]") {
  const auto commands = read_shell_commands("a <<E1 | b <<-'E2'\n1\nE1\n"
                                            "\t$(c)\n\tE2\nd\n");
  REQUIRE(commands.size() == 3);
  CHECK(commands[0].input == "1\n");
  CHECK(commands[1].input == "$(c)\n");
  CHECK(commands[1].reads_from == 0u);
  CHECK(commands[2].words == std::vector<std::string>{"d"});
}

TEST_CASE("a shift in arithmetic begins no here-document", "[policy]") {
  CHECK(words_of("x=$((1 << 2))\n((y = 1 << 2))\na") == lists{{"a"}});
}

TEST_CASE("comments hold no commands", "[policy]") {
  CHECK(words_of("a b#c # d\n# e\nf") == lists{{"a", "b#c"}, {"f"}});
}

TEST_CASE("a script that is not well formed is read as far as it goes",
          "[policy]") {
  CHECK(words_of("a 'b; c") == lists{{"a", "b; c"}});
  CHECK(words_of("a $(b") == lists{{"b"}, {"a", "$()"}});
  CHECK(words_of("a ${b") == lists{{"a", "${b}"}});
  CHECK(words_of(std::string(10'000, '(') + "a").size() == 1);
  CHECK(words_of("a <<E\nb") == lists{{"a"}});
}

TEST_CASE("git push publishes, whatever its options", "[policy]") {
  check_publishing({"git push", "git push -u origin main", "git -C /repo push",
                    "git -c user.name=x push",
                    "git --git-dir=/r/.git --work-tree /r push",
                    "git --no-pager push --force", "/usr/bin/git push",
                    "git lfs push origin main", "git subtree push -P d o m",
                    "git subtree -P d push o m", "git send-pack o"});
}

TEST_CASE("a publishing command is found anywhere in a script", "[policy]") {
  check_publishing({
    "git add -A && git commit -m x && git push",
    "true; git push",
    "false || git push",
    "git push 2>&1 | tail -5",
    "(cd /repo && git push)",
    "{ git push; }",
    "if git push; then echo ok; fi",
    "for r in a b; do git push $r; done",
    "while ! git push\ndo sleep 1\ndone",
    "f() { git push; }; f",
    "function f { git push; }; f",
    "echo $(git push)",
    "echo \"done: $(git push 2>&1)\"",
    "echo `git push`",
    "diff <(git push) x",
    "case $x in y) git push;; esac",
    "git status\ngit push",
    "git \\\n  push",
    "sleep 1 & git push",
    "cat <<EOF\n$(git push)\nEOF",
    "g'i't pu\"s\"h",
  });
}

TEST_CASE("a publishing command is found behind what starts it", "[policy]") {
  check_publishing({
    "env X=y git push",
    "env -i -u HOME X=y git push",
    "env -S 'git push'",
    "X=y git push",
    "command git push",
    "\\git push",
    "sudo git push",
    "sudo -u me -E git push",
    "nohup git push &",
    "time git push",
    "timeout 60 git push",
    "timeout -k 5 60 git push",
    "nice -n 10 git push",
    "exec git push",
    "echo main | xargs git push origin",
    "echo main | xargs -n 1 -I {} git push origin {}",
    "echo push | xargs git",
    "find . -name .git -execdir git push \\;",
    "$SUDO git push",
    "sudo env X=1 nohup timeout 5 git push",
  });
}

TEST_CASE("a publishing command is found in a script inside a script",
          "[policy]") {
  check_publishing({
    "bash -c \"git push\"",
    "bash -lc 'cd x && git push'",
    "sh -e -c 'git push'",
    "/bin/bash -o pipefail -c 'git push'",
    "eval \"git push\"",
    "eval git push",
    "bash -c \"bash -c 'git push'\"",
    "bash <<< 'git push'",
    "bash <<'EOF'\nset -e\ngit push\nEOF",
    "echo 'git push' | sh",
    "printf 'git status\\ngit push\\n' | bash -s",
    "cat <<EOF | bash\ngit push\nEOF",
    "trap 'git push' EXIT",
    "alias p='git push'",
    "su me -c 'git push'",
    "watch 'git push'",
    "g=git; $g push",
    "c='git push'; $c",
    "git${IFS}push",
  });
}

TEST_CASE("git's own ways to run commands are looked into", "[policy]") {
  check_publishing({
    "git -c alias.p=push p",
    "git -c alias.p='!git push' p",
    "git submodule foreach --recursive 'git push'",
    "git rebase --exec 'git push' main",
    "git rebase -x 'git push' main",
  });
}

TEST_CASE("pull requests of gh publish", "[policy]") {
  check_publishing({
    "gh pr create --fill",
    "gh pr new",
    "gh pr edit 1 --title x",
    "gh pr ready 1",
    "gh pr merge 1",
    "gh -R o/r pr create",
    "gh pr -R o/r create",
    "gh pr --repo=o/r create",
    "GH_TOKEN=x gh pr create",
    "gh repo create r --source . --push",
  });
}

TEST_CASE("calls of the API that publish are found", "[policy]") {
  check_publishing({
    "gh api repos/o/r/pulls -X POST -f title=x",
    "gh api -X POST /repos/o/r/pulls --input body.json",
    "gh api repos/o/r/pulls -f title=x -f head=b",
    "gh api --method=PATCH repos/o/r/pulls/1 -f state=closed",
    "gh api -X PUT repos/o/r/pulls/1/merge",
    "gh api repos/o/r/git/refs -f ref=refs/heads/x -f sha=1",
    "gh api -XPUT repos/o/r/contents/a.txt -f message=m",
    "gh api graphql -f query='mutation { createPullRequest(input: {}) }'",
    "curl -X POST https://api.github.com/repos/o/r/pulls -d '{}'",
    "curl -sSd @b https://api.github.com/repos/o/r/pulls",
    "hub api repos/o/r/pulls -f title=x",
    "glab api projects/1/merge_requests -X POST",
  });
}

TEST_CASE("hub and glab publish like gh", "[policy]") {
  check_publishing({"hub push", "hub pull-request", "hub -C x push",
                    "glab mr create", "glab mr update 1", "glab mr merge 1",
                    "glab mr new -R o/r"});
}

TEST_CASE("what only names publishing is no false alarm", "[policy]") {
  check_harmless({
    "git log --grep push",
    "git log --grep='git push'",
    "echo git push",
    "echo 'git push'",
    "echo \"remember to git push\" >> notes.md",
    "git commit -m 'git push fails; gh pr create too'",
    "git commit -m \"$(cat <<'EOF'\ngit push later\nEOF\n)\"",
    "cat <<EOF > README\ngit push\nEOF",
    "grep -rn 'git push' .",
    "# git push",
    "git status # then git push",
    "rg 'gh pr create' | head",
    "bash -c 'echo git push'",
    "printf '%s' 'git push' | wc -c",
    "git stash push -m x",
    "git checkout push",
    "git -C push status",
    "git config push.default simple",
    "git config alias.p push",
    "git help push",
    "git remote set-url --push origin x",
    "git remote -v",
    "ls push",
    "command -v git push",
    "which git",
    "cd git && ls push",
    "docker push x/y",
    "./push.sh",
  });
}

TEST_CASE("reading from the forge is no false alarm", "[policy]") {
  check_harmless({
    "gh pr view 1",
    "gh pr list --json title",
    "gh pr checkout 1",
    "gh pr diff",
    "gh issue create --title 'pr create'",
    "gh api repos/o/r/pulls",
    "gh api repos/o/r/pulls -X GET -f state=open",
    "gh api repos/o/r/pulls/1/comments -f body=x",
    "gh api repos/git/git/issues -f title=x",
    "gh api graphql -f query='query { viewer { login } }'",
    "curl -fsSL https://api.github.com/repos/o/r/pulls",
    "curl -d x https://example.com/pulls",
    "glab mr list",
    "hub pr list",
    "git fetch && git pull --rebase",
    "git clone x && git commit -am y && git branch -d z",
  });
}

TEST_CASE("a publishing command is named as a person would", "[policy]") {
  CHECK(publishing_command("cd x && git -C y push -f") == "git push");
  CHECK(publishing_command("gh -R o/r pr create") == "gh pr create");
}

TEST_CASE("nested scripts end somewhere", "[policy]") {
  std::string script = "true";
  for (int i = 0; i < 200; ++i)
    script = "eval " + script;
  CHECK(publishing_command(script).empty());
  CHECK(publishing_command("git -c alias.p=p p").empty());
  CHECK(publishing_command("a=$a$a$a; eval $a").empty());
}

TEST_CASE("variables that double do not fill the memory", "[policy]") {
  std::string script = "a=xxxxxxxx;";
  for (int i = 0; i < 64; ++i)
    script += "a=$a$a;";
  CHECK(publishing_command(script + "git push") == "git push");
}

TEST_CASE("a script made to be slow to read is read all the same", "[policy]") {
  auto repeated = [](std::string_view part, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i)
      text += part;
    return text + "; git push";
  };
  // Each invites work that grows with a power of its length.
  check_publishing({
    repeated("find . -exec ", 2000).c_str(),
    repeated("(", 100'000).c_str(),
    repeated("a=1 `b`;", 20'000).c_str(),
    ("a=" + std::string(200, 'x') + ";" + repeated("$a ", 50'000)).c_str(),
  });
}

TEST_CASE("shell tools and forge tools of MCP servers publish too",
          "[policy]") {
  CHECK(publishing_call("Bash", R"({"command":"git push"})") == "git push");
  CHECK(publishing_call("mcp__box__run_bash", R"({"command":"git push"})")
        == "git push");
  CHECK(publishing_call("Read", R"({"command":"git push"})").empty());
  CHECK_FALSE(
    publishing_call("mcp__github__create_pull_request", "{}").empty());
  CHECK(publishing_call("mcp__github__get_pull_request", "{}").empty());
}
