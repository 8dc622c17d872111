#include "actors/agent/launch.hpp"

#include "messages/error.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace agent_server;

namespace {

server_config cloud_config() {
  server_config config;
  config.control_plane.api_url = "https://us.posthog.com";
  config.control_plane.api_key = secret{"phx_key"};
  config.control_plane.project_id = "7";
  config.control_plane.task_id = "T";
  config.repository_path = "/repo";
  config.state_directory = "/state";
  config.agent_command = {"/bin/agent", "--acp"};
  config.inherited_environment = {
    {"PATH", "/bin"},
    {"HOME", "/home/u"},
    {"JWT_PUBLIC_KEY", "pem"},
    {"POSTHOG_AGENT_STATE_DIR", "/state"},
    {"AGENT_SERVER_AGENT_CMD", "/bin/agent --acp"}};
  return config;
}

bool holds(const std::vector<std::string>& list, const std::string& entry) {
  return std::find(list.begin(), list.end(), entry) != list.end();
}

bool holds_prefix(const std::vector<std::string>& list,
                  const std::string& prefix) {
  return std::any_of(list.begin(), list.end(), [&](const auto& entry) {
    return entry.compare(0, prefix.size(), prefix) == 0;
  });
}

} // namespace

TEST_CASE("the gateway follows the API's host and the product") {
  auto config = cloud_config();
  auto url = [&](const char* api, bool internal = false) {
    config.control_plane.api_url = api;
    return gateway_url(config, internal);
  };
  CHECK(url("https://us.posthog.com")
        == "https://gateway.us.posthog.com/posthog_code");
  CHECK(url("https://eu.posthog.com", true)
        == "https://gateway.eu.posthog.com/background_agents");
  CHECK(url("http://localhost:8000") == "http://localhost:3308/posthog_code");
  CHECK(url("http://127.0.0.1:8000") == "http://localhost:3308/posthog_code");
  CHECK(url("http://host.docker.internal:8000")
        == "http://host.docker.internal:3308/posthog_code");
  CHECK(url("https://else.example")
        == "https://gateway.us.posthog.com/posthog_code");
  config.gateway_url = "http://mine/x";
  CHECK(url("https://eu.posthog.com", true) == "http://mine/x");
}

TEST_CASE("the agent's environment is built of what it may see") {
  const auto plan =
    make_launch_plan(cloud_config(), "/bin/agent", {}, "MARK=1");
  const auto& env = plan.environment;
  CHECK(holds(env, "HOME=/home/u"));
  CHECK(holds(env, "ANTHROPIC_API_KEY=phx_key"));
  CHECK(holds(env, "POSTHOG_AUTH_HEADER=Bearer phx_key"));
  CHECK(holds(
    env, "ANTHROPIC_BASE_URL=https://gateway.us.posthog.com/posthog_code"));
  CHECK(holds(
    env, "OPENAI_BASE_URL=https://gateway.us.posthog.com/posthog_code/v1"));
  CHECK(holds(env, "MARK=1"));
  CHECK_FALSE(holds_prefix(env, "JWT_PUBLIC_KEY="));
  CHECK_FALSE(holds_prefix(env, "POSTHOG_AGENT_STATE_DIR="));
  CHECK_FALSE(holds_prefix(env, "AGENT_SERVER_"));
  for (const auto& argument : plan.arguments)
    CHECK(argument.find("phx_key") == std::string::npos);
}

TEST_CASE("an internal task needs another plan, unless the gateway is given") {
  auto config = cloud_config();
  const launch_facts internal{true, {}, {}};
  CHECK_FALSE(make_launch_plan(config, "/bin/agent", {}, "M=1")
              == make_launch_plan(config, "/bin/agent", internal, "M=1"));
  config.gateway_url = "http://mine";
  CHECK(make_launch_plan(config, "/bin/agent", {}, "M=1")
        == make_launch_plan(config, "/bin/agent", internal, "M=1"));
}

TEST_CASE("an agent starts outside a repository that is yet to come") {
  auto config = cloud_config();
  CHECK(make_launch_plan(config, "/bin/agent", {}, "M=1").directory == "/repo");
  config.repo_ready_file = "/ready";
  CHECK(make_launch_plan(config, "/bin/agent", {}, "M=1").directory == "/");
}

TEST_CASE("codex gets its gateway, model and instructions as settings") {
  auto config = cloud_config();
  config.agent_command.clear();
  config.adapter = runtime_adapter::codex;
  config.effort = "high";
  const auto plan = make_launch_plan(config, "/bin/codex-acp", {}, "M=1");
  const auto& args = plan.arguments;
  CHECK(args.front() == "codex-acp");
  CHECK(holds(args, "model=\"gpt-5.4\""));
  CHECK(holds(args, "model_reasoning_effort=\"high\""));
  CHECK(holds(args, "model_providers.posthog.base_url="
                    "\"https://gateway.us.posthog.com/posthog_code/v1\""));
  CHECK(holds_prefix(args, "instructions=\"# Repository\\n\\n"));
  CHECK(holds(plan.environment, "POSTHOG_GATEWAY_API_KEY=phx_key"));
}

TEST_CASE("an agent that is not on PATH comes with the line that installs it") {
  auto config = cloud_config();
  config.agent_command.clear();
  config.adapter = runtime_adapter::codex;
  config.inherited_environment = {{"PATH", "/nonexistent"}};
  const auto found = find_agent(config);
  REQUIRE_FALSE(found);
  CHECK(code_of(found.error()) == ec::agent_not_found);
  CHECK(describe(found.error()).find("npm install -g @zed-industries/codex-acp")
        != std::string::npos);
}

TEST_CASE("an agent is found along PATH") {
  auto config = cloud_config();
  config.agent_command = {"sh"};
  config.inherited_environment = {{"PATH", "/nonexistent:/bin"}};
  const auto found = find_agent(config);
  REQUIRE(found);
  CHECK(*found == "/bin/sh");
}
