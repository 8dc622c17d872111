#pragma once

#include "messages/event_stream.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace agent_server {

/// The value of a query key as it stands there; nothing when the key is not
/// there.
std::optional<std::string_view> query_value(std::string_view query,
                                            std::string_view key);

/// Replaces `%xx` and `+`; what is not an escape stays as it is.
std::string percent_decoded(std::string_view text);

/// What a client of GET /events wants: `after=<id>`, `ids=1` and
/// `types=a,b`. The header, which a browser sends when it comes back, counts
/// more than the query, which it repeats; an empty one asks for ids alone.
event_options event_options_of(std::string_view query,
                               std::optional<std::string_view> last_event_id);

} // namespace agent_server
