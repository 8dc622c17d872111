#pragma once

#include "messages/wire/claude/frame.hpp"

#include <string>
#include <string_view>

/// Single facts about a frame that steer a turn.
namespace agent_server::claude {

/// Whether a user frame is the CLI's echo of the prompt with this uuid.
bool echoes(const frame& user, std::string_view uuid);

/// Whether an assistant frame holds a tool call.
bool calls_a_tool(const frame& assistant);

/// The text of the main agent's assistant frame; empty when it has none.
std::string plain_text(const frame& assistant);

} // namespace agent_server::claude
