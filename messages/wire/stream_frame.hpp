#pragma once

#include "messages/event_stream.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Ids, types and gaps of the event stream, as clients see them.
namespace agent_server {

struct event_id {
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
};

/// Reads `<epoch>.<seq>`; nothing when the text is anything else.
std::optional<event_id> parse_event_id(std::string_view text);

/// `id: <epoch>.<seq>` and a newline.
std::string id_line(const event_id& id);

/// The SSE frame that says which numbers are no longer there.
std::string gap_frame(std::uint64_t from, std::uint64_t to);

/// The SSE frame for an id that this server does not know: everything that it
/// has follows.
std::string unknown_id_frame();

/// What the event in an SSE frame is. Reads no further than it must.
event_type type_of(std::string_view frame);

} // namespace agent_server
