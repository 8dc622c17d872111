#include "actors/agent/system_prompt.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

server_config config_of(const char* origin, bool repository) {
  server_config config;
  config.control_plane.task_id = "task-1";
  config.interaction_origin = origin;
  if (repository)
    config.repository_path = "/repo";
  return config;
}

bool says(const server_config& config, const std::string& part,
          const std::string& pull_request = {}) {
  return make_system_prompt(config, pull_request).text.find(part)
         != std::string::npos;
}

const std::string pull_request = "https://github.com/o/r/pull/1";

} // namespace

TEST_CASE("every variant ends with the attribution of the task") {
  for (const bool repository : {true, false})
    for (const auto* origin : {"", "slack"})
      for (const auto& url : {std::string{}, pull_request}) {
        const auto config = config_of(origin, repository);
        CHECK(says(config, "Generated-By: PostHog Code\nTask-Id: task-1", url));
      }
}

TEST_CASE("a run of an origin that publishes opens a draft pull request") {
  auto config = config_of("slack", true);
  config.base_branch = "main";
  CHECK(says(config, "gh pr create --draft --base main"));
  CHECK(says(config, "https://posthog.com/code?ref=pr"));
  CHECK(says(config, "posthog-code/"));
  config.create_pr = false;
  CHECK_FALSE(says(config, "gh pr create"));
}

TEST_CASE("other runs leave their changes in the working tree") {
  CHECK_FALSE(says(config_of("", true), "gh pr create"));
}

TEST_CASE("a known pull request is named and never doubled") {
  CHECK(says(config_of("", true), pull_request, pull_request));
  CHECK_FALSE(says(config_of("", true), "gh pr checkout", pull_request));
  CHECK(says(config_of("signal_report", true), "gh pr checkout " + pull_request,
             pull_request));
}

TEST_CASE("without a repository there is a place to clone to, or none") {
  auto config = config_of("", false);
  CHECK(says(config, "gh repo clone"));
  config.create_pr = false;
  CHECK_FALSE(says(config, "gh repo clone"));
}

TEST_CASE("a prompt of the user's replaces the agent's, a preset is appended") {
  auto config = config_of("", true);
  CHECK(make_system_prompt(config, {}).appends);
  config.claude_code.system_prompt_append = "Be brief.";
  auto prompt = make_system_prompt(config, {});
  CHECK(prompt.appends);
  CHECK(prompt.text.find("Be brief.\n\n# Repository") == 0);
  config.claude_code.system_prompt = "You are a cat.";
  prompt = make_system_prompt(config, {});
  CHECK_FALSE(prompt.appends);
  CHECK(prompt.text.find("You are a cat.\n\n# Repository") == 0);
}
