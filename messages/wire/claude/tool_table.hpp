#pragma once

#include <rapidjson/document.h>

#include <string>
#include <string_view>

namespace agent_server::claude {

/// How clients see a tool call.
struct tool_face {
  std::string title;
  std::string_view kind;
  std::string content = "[]";   // JSON array
  std::string locations = "[]"; // JSON array
};

/// `input` may lack members that are still to come, or be nullptr; `cwd`
/// shortens paths in titles.
tool_face describe_tool(std::string_view name, const rapidjson::Value* input,
                        std::string_view cwd);

bool is_mcp_tool(std::string_view name);

} // namespace agent_server::claude
