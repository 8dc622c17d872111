#pragma once

#include <string>
#include <string_view>
#include <vector>

/// ACP prompt blocks and the CLI's user frames.
namespace agent_server::claude {

/// The user frame of a prompt. `blocks` is a JSON array of ACP content blocks,
/// `context` (may be empty) goes before them; what the CLI cannot take is
/// dropped. `uuid` names the frame in the CLI's echoes.
std::string user_frame(std::string_view uuid, std::string_view blocks,
                       std::string_view context = {});

/// `session/update` lines `user_message_chunk`, one a block.
std::vector<std::string> user_message_chunks(std::string_view session_id,
                                             std::string_view blocks);

} // namespace agent_server::claude
