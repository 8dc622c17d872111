#include "actors/agent/launch.hpp"

#include "actors/agent/environment.hpp"
#include "actors/agent/system_prompt.hpp"
#include "messages/error.hpp"
#include "messages/model_table.hpp"

#include <algorithm>
#include <string_view>

namespace agent_server {

namespace {

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
  return {"codex-acp"};
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

bool drives_claude(const server_config& config) {
  const auto& command = config.agent_command;
  if (command.empty())
    return config.adapter == runtime_adapter::claude;
  return command.size() == 1
         && command.front().substr(command.front().rfind('/') + 1) == "claude";
}

caf::expected<std::string> find_agent(const server_config& config) {
  if (drives_claude(config))
    return claude::find_cli(config);
  auto name = adapter_command(config).front();
  if (name.find('/') != std::string::npos)
    return name; // the spawn itself says what is wrong with it
  if (auto found =
        search_path(lookup(config.inherited_environment, "PATH"), name))
    return *found;
  if (!config.agent_command.empty())
    return make_failure(ec::agent_not_found,
                        "--agentCmd: " + name
                          + " is not on PATH; install it or give its path");
  return make_failure(ec::agent_not_found,
                      name
                        + " is not on PATH; install it with: npm install -g "
                          "@zed-industries/codex-acp (or name another agent "
                          "with --agentCmd)");
}

bool repository_comes_later(const server_config& config) {
  return config.repo_ready_file
         || (config.resume_run_id && config.repository_path);
}

launch_plan make_launch_plan(const server_config& config,
                             const std::string& program,
                             const launch_facts& facts,
                             const std::string& mark) {
  const auto gateway = gateway_url(config, facts.internal);
  if (drives_claude(config))
    return claude::make_cli_plan(config, program, gateway, facts.session, mark);
  launch_plan plan;
  plan.program = program;
  plan.arguments = adapter_command(config);
  if (config.runs_demonstration)
    plan.arguments = {demonstration_name};
  if (config.agent_command.empty() && config.adapter == runtime_adapter::codex)
    add_codex_settings(plan.arguments, config, gateway, facts);
  plan.environment = to_entries(agent_environment(config, gateway), mark);
  plan.mark = mark;
  // An agent may look at the directory it is started in: while the repository
  // is not in place yet, that must not be the repository.
  plan.directory =
    repository_comes_later(config) ? "/" : config.working_directory();
  return plan;
}

} // namespace agent_server
