#include "actors/agent/claude/cli_command.hpp"

#include "actors/agent/environment.hpp"
#include "actors/agent/launch.hpp"
#include "messages/error.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace agent_server;
using namespace agent_server::claude;
namespace fs = std::filesystem;

namespace {

struct scratch_fixture {
  fs::path root =
    fs::temp_directory_path() / ("cli_command_" + std::to_string(::getpid()));
  server_config config;

  scratch_fixture() {
    fs::remove_all(root);
    fs::create_directories(root);
    config.repository_path = (root / "repo").string();
    config.state_directory = (root / "state").string();
    config.inherited_environment = {{"PATH", (root / "bin").string()},
                                    {"HOME", (root / "home").string()},
                                    {"IS_SANDBOX", "1"}};
  }
  ~scratch_fixture() { fs::remove_all(root); }

  std::string program(const std::string& path) {
    const auto at = root / path;
    fs::create_directories(at.parent_path());
    std::ofstream{at} << "#!/bin/sh\n";
    fs::permissions(at, fs::perms::owner_all);
    return at.string();
  }

  launch_plan plan(const std::string& cli,
                   const cli_session& session = {"u", false}) {
    return make_cli_plan(config, cli, "https://gateway/x", session, "MARK=1");
  }
};

bool holds(const std::vector<std::string>& list, const std::string& entry) {
  return std::find(list.begin(), list.end(), entry) != list.end();
}

bool any_begins(const std::vector<std::string>& list,
                const std::string& prefix) {
  return std::any_of(list.begin(), list.end(), [&](const auto& entry) {
    return entry.compare(0, prefix.size(), prefix) == 0;
  });
}

} // namespace

TEST_CASE_METHOD(scratch_fixture, "the CLI named by the variable goes first") {
  program("bin/claude");
  const auto named = program("elsewhere/claude");
  config.inherited_environment.emplace_back("CLAUDE_CODE_EXECUTABLE", named);
  CHECK(*find_cli(config) == named);
}

TEST_CASE_METHOD(scratch_fixture, "a named CLI that is not there is told so") {
  config.inherited_environment.emplace_back("CLAUDE_CODE_EXECUTABLE", "/none");
  const auto found = find_cli(config);
  REQUIRE_FALSE(found);
  CHECK(code_of(found.error()) == ec::agent_not_found);
  CHECK(describe(found.error()).find("CLAUDE_CODE_EXECUTABLE: /none")
        != std::string::npos);
}

TEST_CASE_METHOD(scratch_fixture, "the CLI is looked for on PATH") {
  const auto cli = program("bin/claude");
  CHECK(*find_cli(config) == cli);
}

TEST_CASE_METHOD(scratch_fixture,
                 "the platform package is found beside a PATH directory") {
#if defined(__aarch64__)
  const std::string package = "claude-code-linux-arm64";
#else
  const std::string package = "claude-code-linux-x64";
#endif
  fs::create_directories(root / "bin");
  const auto cli = program("lib/node_modules/@anthropic-ai/claude-code/"
                           "node_modules/@anthropic-ai/"
                           + package + "/claude");
  CHECK(*find_cli(config) == cli);
}

TEST_CASE_METHOD(scratch_fixture,
                 "no CLI comes with the line that installs it") {
  if (fs::exists("/usr/lib/node_modules/@anthropic-ai")
      || fs::exists("/usr/local/lib/node_modules/@anthropic-ai"))
    return;
  const auto found = find_cli(config);
  REQUIRE_FALSE(found);
  CHECK(code_of(found.error()) == ec::agent_not_found);
  CHECK(describe(found.error()).find("npm install -g @anthropic-ai/claude-code")
        != std::string::npos);
}

TEST_CASE_METHOD(scratch_fixture, "a script is run by node") {
  const auto node = program("bin/node");
  const auto script = program("cli.js");
  const auto made = plan(script);
  CHECK(made.program == node);
  CHECK(made.arguments[0] == "node");
  CHECK(made.arguments[1] == script);
}

TEST_CASE_METHOD(scratch_fixture, "a script without node is told so") {
  const auto script = program("cli.js");
  config.inherited_environment.emplace_back("CLAUDE_CODE_EXECUTABLE", script);
  const auto found = find_cli(config);
  REQUIRE_FALSE(found);
  CHECK(describe(found.error()).find("needs node") != std::string::npos);
}

TEST_CASE_METHOD(scratch_fixture, "the CLI is told its session and model") {
  config.model = "claude-sonnet-4-6";
  const auto made = plan("/claude");
  CHECK(made.program == "/claude");
  CHECK(holds(made.arguments, "--session-id=u"));
  CHECK(holds(made.arguments, "--model=claude-sonnet-4-6"));
  CHECK(holds(made.arguments, "--betas=context-1m-2025-08-07"));
  CHECK(made.directory == config.working_directory());
  CHECK(holds(plan("/claude", {"u", true}).arguments, "--resume=u"));
}

TEST_CASE_METHOD(scratch_fixture,
                 "a model of another maker is not given to it") {
  config.model = "gpt-5.4";
  CHECK(holds(plan("/claude").arguments, "--model=claude-opus-4-7"));
}

TEST_CASE_METHOD(scratch_fixture,
                 "the effort of the environment always reaches the CLI") {
  // contract 19/12: upstream drops it unless plugins are configured.
  config.effort = "high";
  CHECK(holds(plan("/claude").arguments, "--effort=high"));
}

TEST_CASE_METHOD(scratch_fixture, "MCP servers stand in a file, not in argv") {
  CHECK_FALSE(any_begins(plan("/claude").arguments, "--mcp-config"));
  config.mcp_servers = {
    {"http", "m", "https://m", {{"authorization", secret{"hush"}}}}};
  const auto made = plan("/claude");
  CHECK(
    holds(made.arguments, "--mcp-config=" + mcp_config_path(config, {"u"})));
  for (const auto& argument : made.arguments)
    CHECK(argument.find("hush") == std::string::npos);
}

TEST_CASE_METHOD(scratch_fixture, "the CLI's settings can be overridden") {
  CHECK(holds(plan("/claude").environment,
              "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1"));
  config.inherited_environment.emplace_back(
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "0");
  config.inherited_environment.emplace_back("NODE_OPTIONS", "--inspect");
  const auto env = plan("/claude").environment;
  CHECK(holds(env, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=0"));
  CHECK_FALSE(holds(env, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1"));
  CHECK_FALSE(any_begins(env, "NODE_OPTIONS="));
}

TEST_CASE_METHOD(scratch_fixture, "plugins are known at the start") {
  config.claude_code.plugins = {"/p1", "/p2"};
  const auto made = plan("/claude");
  CHECK(holds(made.arguments, "--plugin-dir=/p1"));
  CHECK(holds(made.arguments, "--plugin-dir=/p2"));
}

TEST_CASE_METHOD(scratch_fixture,
                 "an internal task changes variables and no argument") {
  config.control_plane.api_url = "https://us.posthog.com";
  launch_facts guess;
  guess.session.id = "u";
  auto real = guess;
  real.internal = true;
  const auto before = make_launch_plan(config, "/claude", guess, "M=1");
  const auto after = make_launch_plan(config, "/claude", real, "M=1");
  CHECK(before.arguments == after.arguments);
  const auto changed = changed_variables(before.environment, after.environment);
  CHECK(lookup(changed, "ANTHROPIC_BASE_URL")
        == "https://gateway.us.posthog.com/background_agents");
  CHECK(lookup(changed, "HOME").empty());
}
