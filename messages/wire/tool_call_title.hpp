#pragma once

#include <string>
#include <string_view>

namespace agent_server {

/// The title of the tool call that a notification announces; empty when it
/// announces none, or is larger than anything worth a line of a terminal.
std::string tool_call_title(std::string_view notification);

} // namespace agent_server
