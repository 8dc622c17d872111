#pragma once

#include "messages/config.hpp"

#include <string>
#include <vector>

namespace agent_server {

/// The files in which the agent's users pin a model, highest precedence first:
/// managed, local, project and user settings of Claude, or codex's config.
std::vector<std::string> settings_files(const server_config& config);

/// Whether modes that never ask may be offered: not as root, unless the machine
/// is a sandbox (`IS_SANDBOX`).
bool may_bypass_permissions(const server_config& config);

} // namespace agent_server
