#include "cli/settings_files.hpp"

#include "cli/environment.hpp"

#include <unistd.h>

namespace agent_server {

namespace {

std::string value_or(const server_config& config, std::string_view name,
                     const std::string& fallback) {
  const auto* found = find_non_empty(config.inherited_environment, name);
  return found != nullptr ? *found : fallback;
}

} // namespace

std::vector<std::string> settings_files(const server_config& config) {
  const auto home = value_or(config, "HOME", "");
  if (config.adapter == runtime_adapter::codex)
    return {value_or(config, "CODEX_HOME", home + "/.codex") + "/config.toml"};
  const auto project = config.working_directory() + "/.claude";
  const auto user = value_or(config, "CLAUDE_CONFIG_DIR", home + "/.claude");
  return {"/etc/claude-code/managed-settings.json",
          project + "/settings.local.json", project + "/settings.json",
          user + "/settings.json"};
}

bool may_bypass_permissions(const server_config& config) {
  return geteuid() != 0
         || find_non_empty(config.inherited_environment, "IS_SANDBOX")
              != nullptr;
}

} // namespace agent_server
