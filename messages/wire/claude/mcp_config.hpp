#pragma once

#include "messages/config.hpp"

#include <string>
#include <vector>

namespace agent_server::claude {

/// The contents of `--mcp-config`: servers by name, with their secrets.
std::string mcp_config(const std::vector<mcp_server>& servers);

} // namespace agent_server::claude
