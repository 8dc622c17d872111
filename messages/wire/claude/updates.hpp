#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Notifications of a Claude session that carry no more than what they name.
namespace agent_server::claude {

/// `agent_message_chunk` or `agent_thought_chunk` with text; `parent` is the
/// tool call of the sub-agent that says it, empty for the main agent.
std::string message_chunk(std::string_view session_id, std::string_view text,
                          std::string_view parent);
std::string thought_chunk(std::string_view session_id, std::string_view text,
                          std::string_view parent);

/// `used` and `size` in tokens; `cost` is the session's cost so far in US
/// dollars as JSON, empty when it is not known.
std::string usage_update(std::string_view session_id, std::int64_t used,
                         std::int64_t size, std::string_view cost);

/// A notification of a method of its own; `params` is JSON.
std::string extension_line(std::string_view method, std::string_view params);

} // namespace agent_server::claude
