#pragma once

#include <string>
#include <string_view>

/// Whether a tool call publishes work: pushes commits, or opens, changes or
/// merges a pull request.
namespace agent_server::claude {

/// What publishes in a tool call, as a person would call it ("git push");
/// empty: nothing. Looks at the commands of shell tools and at the names of MCP
/// tools.
std::string publishing_call(std::string_view tool_name, std::string_view input);

/// The same for a shell script. What it hides on purpose (in files, in other
/// languages, behind what only the shell can know) stays hidden.
std::string publishing_command(std::string_view script);

} // namespace agent_server::claude
