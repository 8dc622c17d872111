#include "actors/agent/environment.hpp"

#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>

namespace agent_server {

namespace {

bool ends_with_v1(std::string_view url) {
  return url.size() >= 3 && url.substr(url.size() - 3) == "/v1";
}

// What concerns this server alone: the agent must not find our state (and the
// token in it), nor take our settings for its own.
bool is_ours_alone(std::string_view name) {
  return name == "POSTHOG_AGENT_STATE_DIR" || name == "JWT_PUBLIC_KEY"
         || name.substr(0, 13) == "AGENT_SERVER_";
}

void add_gateway(variables& env, const server_config& config,
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

} // namespace

std::string_view lookup(const variables& env, std::string_view name) {
  for (const auto& [key, value] : env)
    if (key == name)
      return value;
  return {};
}

void set(variables& env, std::string_view name, std::string value) {
  for (auto& [key, old] : env)
    if (key == name) {
      old = std::move(value);
      return;
    }
  env.emplace_back(name, std::move(value));
}

void set_default(variables& env, std::string_view name, std::string value) {
  for (const auto& entry : env)
    if (entry.first == name)
      return;
  env.emplace_back(name, std::move(value));
}

void remove(variables& env, std::string_view name) {
  env.erase(
    std::remove_if(env.begin(), env.end(),
                   [&](const auto& each) { return each.first == name; }),
    env.end());
}

variables agent_environment(const server_config& config,
                            const std::string& gateway) {
  variables env;
  for (const auto& [key, value] : config.inherited_environment)
    if (!is_ours_alone(key))
      env.emplace_back(key, value);
  add_gateway(env, config, gateway);
  return env;
}

std::vector<std::string> to_entries(const variables& env,
                                    const std::string& mark) {
  std::vector<std::string> entries;
  entries.reserve(env.size() + 1);
  for (const auto& [key, value] : env)
    entries.emplace_back(key).append("=").append(value);
  entries.push_back(mark);
  return entries;
}

variables changed_variables(const std::vector<std::string>& from,
                            const std::vector<std::string>& to) {
  variables changed;
  for (const auto& entry : to)
    if (std::find(from.begin(), from.end(), entry) == from.end()) {
      const auto split = entry.find('=');
      changed.emplace_back(entry.substr(0, split), entry.substr(split + 1));
    }
  return changed;
}

bool is_executable(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)
         && ::access(path.c_str(), X_OK) == 0;
}

std::optional<std::string> search_path(std::string_view path,
                                       std::string_view name) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find(':', begin), path.size());
    const auto directory = path.substr(begin, end - begin);
    auto candidate =
      directory.empty() ? std::string{"."} : std::string{directory};
    candidate.append("/").append(name);
    if (is_executable(candidate))
      return candidate;
    begin = end + 1;
  }
  return std::nullopt;
}

} // namespace agent_server
