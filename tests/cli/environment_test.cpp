#include "cli/environment.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using problems = std::vector<std::string>;

namespace {

environment required() {
  return {{"JWT_PUBLIC_KEY", "pem"},
          {"POSTHOG_API_URL", "https://eu.posthog.com/"},
          {"POSTHOG_PERSONAL_API_KEY", "phx_1"},
          {"POSTHOG_PROJECT_ID", "42"}};
}

problems required_with(const std::string& name, const std::string& value) {
  auto env = required();
  for (auto& [key, current] : env)
    if (key == name)
      current = value;
  server_config config;
  return read_required_variables(env, config);
}

problems optional(const environment& env, server_config& config) {
  return read_optional_variables(env, config);
}

problems optional(const environment& env) {
  server_config config;
  return read_optional_variables(env, config);
}

std::optional<std::string> effort(const char* adapter, const char* model,
                                  const char* level) {
  const environment env{{"POSTHOG_CODE_RUNTIME_ADAPTER", adapter},
                        {"POSTHOG_CODE_MODEL", model},
                        {"POSTHOG_CODE_REASONING_EFFORT", level}};
  server_config config;
  CHECK(read_optional_variables(env, config).empty());
  return effort_problem(env, config);
}

} // namespace

TEST_CASE("the required variables reach the configuration") {
  server_config config;
  CHECK(read_required_variables(required(), config).empty());
  CHECK(config.jwt_public_key == "pem");
  CHECK(config.control_plane.api_url == "https://eu.posthog.com");
  CHECK(config.control_plane.api_key.reveal() == "phx_1");
  CHECK(config.control_plane.project_id == "42");
}

TEST_CASE("every required variable that is missing is listed, in order") {
  server_config config;
  CHECK(render_problems(read_required_variables({}, config))
        == "Environment validation failed:\n"
           "  - JWT_PUBLIC_KEY is required for authenticating client "
           "connections\n"
           "  - POSTHOG_API_URL is required for LLM gateway communication\n"
           "  - POSTHOG_PERSONAL_API_KEY is required for authenticating with "
           "PostHog services\n"
           "  - POSTHOG_PROJECT_ID is required for routing requests to the "
           "correct project");
}

TEST_CASE("required variables may not be empty") {
  CHECK(required_with("JWT_PUBLIC_KEY", "")
        == problems{"JWT_PUBLIC_KEY cannot be empty"});
  CHECK(required_with("POSTHOG_PERSONAL_API_KEY", "")
        == problems{"POSTHOG_PERSONAL_API_KEY cannot be empty"});
}

TEST_CASE("the control plane's URL must be one") {
  for (const auto* good :
       {"http://h", "HTTPS://h.example:8443/x", "http://[::1]:80/",
        "http://[::1]", "http://u:p@h/", "http://localhost:8000"})
    CHECK(required_with("POSTHOG_API_URL", good).empty());
  for (const auto* bad :
       {"", "h.example", "ftp://h", "http://", "http:///x", "http://h:99999",
        "http://h:x", "http://a b", "http://:80", "http://h\n"})
    CHECK(
      required_with("POSTHOG_API_URL", bad)
      == problems{"POSTHOG_API_URL is required for LLM gateway communication"});
}

TEST_CASE("the project must be a number") {
  for (const auto* bad : {"", "4a", "-1", " 1", "1.0"})
    CHECK(required_with("POSTHOG_PROJECT_ID", bad)
          == problems{"POSTHOG_PROJECT_ID must be a numeric string"});
}

TEST_CASE("adapter, model and effort are read") {
  server_config config;
  CHECK(optional({{"POSTHOG_CODE_RUNTIME_ADAPTER", "codex"},
                  {"POSTHOG_CODE_MODEL", "gpt-5.4"},
                  {"POSTHOG_CODE_REASONING_EFFORT", "xhigh"}},
                 config)
          .empty());
  CHECK(config.adapter == runtime_adapter::codex);
  CHECK(config.model == "gpt-5.4");
  CHECK(config.effort == "xhigh");
}

TEST_CASE("an empty optional variable is an absent one") {
  server_config config;
  CHECK(optional({{"POSTHOG_CODE_RUNTIME_ADAPTER", ""},
                  {"POSTHOG_CODE_MODEL", ""},
                  {"POSTHOG_CODE_REASONING_EFFORT", ""},
                  {"LLM_GATEWAY_URL", ""},
                  {"AGENT_SERVER_AGENT_CMD", ""},
                  {"AGENT_SERVER_CONTEXT_FETCH_DEADLINE_MS", ""},
                  {"POSTHOG_AGENT_STATE_DIR", ""},
                  {"POSTHOG_RESUME_RUN_ID", ""}},
                 config)
          .empty());
  CHECK_FALSE(config.model);
  CHECK_FALSE(config.effort);
  CHECK_FALSE(config.gateway_url);
  CHECK_FALSE(config.resume_run_id);
}

TEST_CASE("a value outside its list is refused with the list") {
  CHECK(optional({{"POSTHOG_CODE_RUNTIME_ADAPTER", "gemini"},
                  {"POSTHOG_CODE_REASONING_EFFORT", "extreme"}})
        == problems{"POSTHOG_CODE_RUNTIME_ADAPTER must be one of claude, codex "
                    "(got 'gemini')",
                    "POSTHOG_CODE_REASONING_EFFORT must be one of low, medium, "
                    "high, xhigh, max (got 'extreme')"});
}

TEST_CASE("the first origin that is set counts") {
  server_config config;
  optional({{"TWIG_INTERACTION_ORIGIN", "c"}, {"CODE_INTERACTION_ORIGIN", "b"}},
           config);
  CHECK(config.interaction_origin == "b");
  server_config other;
  optional({{"CODE_INTERACTION_ORIGIN", "b"},
            {"POSTHOG_CODE_INTERACTION_ORIGIN", "slack"}},
           other);
  CHECK(other.interaction_origin == "slack");
}

TEST_CASE("the gateway is taken as it is written, and must be a URL") {
  server_config config;
  CHECK(optional({{"LLM_GATEWAY_URL", "http://gw/x/"}}, config).empty());
  CHECK(config.gateway_url == "http://gw/x/");
  CHECK(optional({{"LLM_GATEWAY_URL", "gw"}})
        == problems{"LLM_GATEWAY_URL must be an http or https URL"});
}

TEST_CASE("the state directory must be absolute") {
  CHECK(optional({{"POSTHOG_AGENT_STATE_DIR", "a/b"}})
        == problems{"POSTHOG_AGENT_STATE_DIR must be an absolute path (got "
                    "'a/b')"});
  CHECK(optional({{"POSTHOG_AGENT_STATE_DIR", "/a/b"}}).empty());
}

TEST_CASE("each phase has a deadline of its own") {
  server_config config;
  CHECK(optional({{"AGENT_SERVER_CONTEXT_FETCH_DEADLINE_MS", "1"},
                  {"AGENT_SERVER_ACP_INITIALIZE_DEADLINE_MS", "2"},
                  {"AGENT_SERVER_REPOSITORY_READY_DEADLINE_MS", "3"},
                  {"AGENT_SERVER_SESSION_DEPENDENCIES_DEADLINE_MS", "4"},
                  {"AGENT_SERVER_SESSION_CREATE_DEADLINE_MS", "5"},
                  {"AGENT_SERVER_PERMISSION_TIMEOUT_MS", "6"}},
                 config)
          .empty());
  CHECK(config.limits.context_fetch.count() == 1);
  CHECK(config.limits.acp_initialize.count() == 2);
  CHECK(config.limits.repository_ready.count() == 3);
  CHECK(config.limits.session_dependencies.count() == 4);
  CHECK(config.limits.session_create.count() == 5);
  CHECK(config.limits.permission.count() == 6);
}

TEST_CASE("a deadline that is none names its variable") {
  for (const auto* bad :
       {"0", "-5", "soon", "1.5", "86400001", "99999999999999999999"}) {
    const auto found =
      optional({{"AGENT_SERVER_SESSION_CREATE_DEADLINE_MS", bad}});
    REQUIRE(found.size() == 1);
    CHECK_THAT(found[0],
               Catch::StartsWith("AGENT_SERVER_SESSION_CREATE_DEADLINE_MS must "
                                 "be a whole number of milliseconds"));
  }
}

TEST_CASE("the launcher's start is read, and a bad one ignored") {
  const auto launched = [](const char* text) {
    server_config config;
    CHECK(
      optional({{"POSTHOG_AGENT_LAUNCH_STARTED_AT_MS", text}}, config).empty());
    return config.launched_at_ms;
  };
  CHECK(launched("1770000000123") == 1770000000123);
  CHECK(launched("1770000000123.5") == 1770000000123);
  CHECK_FALSE(launched("yesterday"));
}

TEST_CASE("an agent command that is not closed names the variable") {
  CHECK(optional({{"AGENT_SERVER_AGENT_CMD", "a 'b"}})
        == problems{"AGENT_SERVER_AGENT_CMD has a ' that is never closed"});
}

TEST_CASE("the whole environment is kept for the agent") {
  server_config config;
  const environment env{{"A", "1"}, {"GH_TOKEN", "t"}};
  optional(env, config);
  CHECK(config.inherited_environment == env);
}

TEST_CASE("efforts follow the adapter and the model") {
  CHECK_FALSE(effort("codex", "anything", "high"));
  CHECK(effort("codex", "anything", "xhigh")
        == "POSTHOG_CODE_REASONING_EFFORT 'xhigh' is not supported for codex "
           "model 'anything'.");
  CHECK_FALSE(effort("claude", "claude-opus-4-7", "max"));
  CHECK(effort("claude", "claude-sonnet-4-6", "max"));
  CHECK(effort("claude", "claude-haiku-4-5", "low")
        == "POSTHOG_CODE_REASONING_EFFORT 'low' is not supported for claude "
           "model 'claude-haiku-4-5'.");
}

TEST_CASE("a model that is not in the table takes any effort") {
  CHECK_FALSE(effort("claude", "claude-of-next-year", "max"));
}

TEST_CASE("efforts are not compared unless adapter and model are set too") {
  CHECK_FALSE(effort("", "claude-haiku-4-5", "low"));
  CHECK_FALSE(effort("claude", "", "low"));
}
