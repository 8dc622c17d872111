#pragma once

#include <string>
#include <string_view>

namespace agent_server::claude {

/// A call of an MCP server's `exec` tool, which runs other tools by name.
struct exec_call {
  /// Not such a tool when false.
  bool is_exec = false;
  /// The sub-tool that updates, deletes or destroys; empty: none does.
  std::string destructive;
  /// What allowing "always" covers: the sub-tool when it is destructive, else
  /// all that are not.
  std::string scope;
};

exec_call read_exec_call(std::string_view tool_name, std::string_view input);

} // namespace agent_server::claude
