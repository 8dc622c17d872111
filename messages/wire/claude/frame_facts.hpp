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

/// The id of the main agent's message that an assistant frame belongs to.
std::string answer_id(const frame& assistant);

/// Whether a prompt (a JSON array of ACP blocks) is a slash command.
bool is_command(std::string_view blocks);

/// The text of the main agent's assistant frame; empty when it has none.
std::string plain_text(const frame& assistant);

} // namespace agent_server::claude
