#include "messages/publish_command.hpp"

#include <catch2/catch.hpp>

using agent_server::publishes;

TEST_CASE("a push and the changes of a pull request publish") {
  for (const auto* command :
       {"git push", "  git   push origin main", "cd repo && git push",
        "git -C /repo push", "git -c a.b=c --no-pager push -u origin x",
        "/usr/bin/git push", "bash -lc 'git push'", "GIT_TRACE=1 git push;",
        "(git push)", "git commit -m x\ngit push", "gh pr create --fill",
        "gh pr merge 7", "gh -R o/r pr edit", "gh pr --repo o/r ready",
        "true|gh pr ready"}) {
    INFO(command);
    CHECK(publishes(command));
  }
}

TEST_CASE("what only looks or works locally does not publish") {
  for (const auto* command :
       {"", "git", "git stash push", "git pull", "git status; push", "gh pr",
        "gh pr view", "gh pr list --state merged", "gh issue create",
        "git log push", "legit push", "git\npush", "pushgit", "gitpush"}) {
    INFO(command);
    CHECK_FALSE(publishes(command));
  }
}
