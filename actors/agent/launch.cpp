#include "actors/agent/launch.hpp"

#include "actors/agent/system_prompt.hpp"
#include "messages/error.hpp"
#include "messages/model_table.hpp"

#include <algorithm>
#include <string_view>
#include <unistd.h>

namespace agent_server {

namespace {

using environment = std::vector<std::pair<std::string, std::string>>;

std::string_view lookup(const environment& env, std::string_view name) {
  for (const auto& [key, value] : env)
    if (key == name)
      return value;
  return {};
}

void set(environment& env, std::string_view name, std::string value) {
  for (auto& [key, old] : env)
    if (key == name) {
      old = std::move(value);
      return;
    }
  env.emplace_back(name, std::move(value));
}

bool is_executable(const std::string& path) {
  return ::access(path.c_str(), X_OK) == 0;
}

std::string host_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos)
    url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const auto at = url.rfind('@'); at != std::string_view::npos)
    url.remove_prefix(at + 1);
  return std::string{url.substr(0, url.find(':'))};
}

std::string scheme_of(std::string_view url) {
  return std::string{url.substr(0, url.find("://"))};
}

bool ends_with_v1(std::string_view url) {
  return url.size() >= 3 && url.substr(url.size() - 3) == "/v1";
}

// A TOML basic string, as codex's `-c key=value` wants it.
std::string toml_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    switch (c) {
      case '"': quoted += "\\\""; break;
      case '\\': quoted += "\\\\"; break;
      case '\n': quoted += "\\n"; break;
      case '\r': quoted += "\\r"; break;
      case '\t': quoted += "\\t"; break;
      default: quoted += c;
    }
  }
  return quoted + '"';
}

std::vector<std::string> adapter_command(const server_config& config) {
  if (!config.agent_command.empty())
    return config.agent_command;
  return {config.adapter == runtime_adapter::codex ? "codex-acp"
                                                   : "claude-agent-acp"};
}

void add_codex_settings(std::vector<std::string>& arguments,
                        const server_config& config, const std::string& gateway,
                        const launch_facts& facts) {
  auto add = [&](std::string setting) {
    arguments.emplace_back("-c");
    arguments.push_back(std::move(setting));
  };
  add("features.remote_models=false");
  if (!gateway.empty()) {
    const auto base = ends_with_v1(gateway) ? gateway : gateway + "/v1";
    add("model_provider=\"posthog\"");
    add("model_providers.posthog.name=\"PostHog Gateway\"");
    add("model_providers.posthog.base_url=" + toml_string(base));
    add("model_providers.posthog.wire_api=\"responses\"");
    add("model_providers.posthog.env_key=\"POSTHOG_GATEWAY_API_KEY\"");
  }
  add("model="
      + toml_string(config.model.value_or(std::string{default_codex_model})));
  if (config.effort)
    add("model_reasoning_effort=" + toml_string(*config.effort));
  const auto prompt = make_system_prompt(config, facts.pull_request_url);
  add("instructions=" + toml_string(prompt.text));
}

void add_gateway(environment& env, const server_config& config,
                 const std::string& gateway) {
  const auto& plane = config.control_plane;
  if (plane.api_url.empty())
    return;
  const auto& key = plane.api_key.reveal();
  set(env, "POSTHOG_API_KEY", key);
  set(env, "POSTHOG_API_URL", plane.api_url);
  set(env, "POSTHOG_API_HOST", plane.api_url);
  set(env, "POSTHOG_AUTH_HEADER", "Bearer " + key);
  set(env, "POSTHOG_PROJECT_ID", plane.project_id);
  set(env, "ANTHROPIC_API_KEY", key);
  set(env, "ANTHROPIC_AUTH_TOKEN", key);
  set(env, "ANTHROPIC_BASE_URL", gateway);
  set(env, "OPENAI_API_KEY", key);
  set(env, "OPENAI_BASE_URL",
      ends_with_v1(gateway) ? gateway : gateway + "/v1");
  set(env, "LLM_GATEWAY_URL", gateway);
  if (config.adapter == runtime_adapter::codex)
    set(env, "POSTHOG_GATEWAY_API_KEY", key);
}

// What concerns this server alone: the agent must not find our state (and the
// token in it), nor take our settings for its own.
bool is_ours_alone(std::string_view name) {
  return name == "POSTHOG_AGENT_STATE_DIR" || name == "JWT_PUBLIC_KEY"
         || name.substr(0, 13) == "AGENT_SERVER_";
}

} // namespace

std::string gateway_url(const server_config& config, bool internal) {
  if (config.gateway_url)
    return *config.gateway_url;
  const auto& api = config.control_plane.api_url;
  if (api.empty())
    return {};
  const auto host = host_of(api);
  std::string base;
  if (host == "localhost" || host == "127.0.0.1")
    base = scheme_of(api) + "://localhost:3308";
  else if (host == "host.docker.internal")
    base = scheme_of(api) + "://host.docker.internal:3308";
  else if (host == "eu.posthog.com")
    base = "https://gateway.eu.posthog.com";
  else
    base = "https://gateway.us.posthog.com";
  return base + (internal ? "/background_agents" : "/posthog_code");
}

caf::expected<std::string> find_agent(const server_config& config) {
  auto name = adapter_command(config).front();
  if (name.find('/') != std::string::npos)
    return name; // the spawn itself says what is wrong with it
  const auto path = lookup(config.inherited_environment, "PATH");
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find(':', begin), path.size());
    const auto directory = path.substr(begin, end - begin);
    auto candidate =
      (directory.empty() ? "." : std::string{directory}) + "/" + name;
    if (is_executable(candidate))
      return candidate;
    begin = end + 1;
  }
  if (!config.agent_command.empty())
    return make_failure(ec::agent_not_found,
                        "--agentCmd: " + name
                          + " is not on PATH; install it or give its path");
  const std::string package = config.adapter == runtime_adapter::codex
                                ? "@zed-industries/codex-acp"
                                : "@agentclientprotocol/claude-agent-acp";
  return make_failure(ec::agent_not_found,
                      name + " is not on PATH; install it with: npm install -g "
                        + package + " (or name another agent with --agentCmd)");
}

launch_plan make_launch_plan(const server_config& config,
                             const std::string& program,
                             const launch_facts& facts,
                             const std::string& mark) {
  const auto gateway = gateway_url(config, facts.internal);
  launch_plan plan;
  plan.program = program;
  plan.arguments = adapter_command(config);
  if (config.runs_demonstration)
    plan.arguments = {demonstration_name};
  if (config.agent_command.empty() && config.adapter == runtime_adapter::codex)
    add_codex_settings(plan.arguments, config, gateway, facts);
  environment env;
  for (const auto& [key, value] : config.inherited_environment)
    if (!is_ours_alone(key))
      env.emplace_back(key, value);
  add_gateway(env, config, gateway);
  for (const auto& [key, value] : env)
    plan.environment.emplace_back(key).append("=").append(value);
  plan.environment.push_back(mark);
  plan.mark = mark;
  // An agent may look at the directory it is started in: while the repository
  // is not in place yet, that must not be the repository.
  plan.directory = config.repo_ready_file ? "/" : config.working_directory();
  return plan;
}

} // namespace agent_server
