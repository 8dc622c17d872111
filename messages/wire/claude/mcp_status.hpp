#pragma once

#include "messages/wire/claude/frame.hpp"

#include <set>
#include <string>

namespace agent_server::claude {

/// The MCP tools that only read, by their full names (`mcp__server__tool`),
/// out of the CLI's answer to `mcp_status`.
std::set<std::string> read_only_mcp_tools(const frame& answer);

} // namespace agent_server::claude
