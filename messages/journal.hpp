#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace agent_server {

/// How the session log coalesces an entry.
enum class journal_kind : std::uint8_t {
  other,
  /// An `agent_message_chunk` with text content; `text` holds it.
  text_chunk,
  /// An `agent_message_chunk` with other content: never logged.
  other_chunk,
  /// A whole `agent_message`; `text` holds it.
  message,
};

/// One JSON-RPC message that the event stream and the session log carry. It is
/// stamped once, so that both agree.
struct journal_entry {
  std::chrono::system_clock::time_point at;
  /// The message, one line of JSON without secrets.
  std::shared_ptr<const std::string> notification;
  journal_kind kind = journal_kind::other;
  std::string text;
};

/// Shows an event to every client, and to each that comes until it is
/// retracted: once to each.
struct announce_permission {
  std::string request_id;
  std::shared_ptr<const std::string> event; // one line of JSON
};
struct retract_permission {
  std::string request_id;
};

/// How many clients are attached now.
struct clients_changed {
  std::size_t attached = 0;
};

/// Ends every stream; the event log takes no client after it.
struct close_streams {};
struct streams_closed {};

/// Sends what is gathered to the control plane; answered after one attempt,
/// whether it succeeded or not.
struct flush_log {};
struct log_flushed {};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::journal_entry)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::announce_permission)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::retract_permission)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::clients_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::close_streams)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::streams_closed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::flush_log)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::log_flushed)
