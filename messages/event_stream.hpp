#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent_server {

/// Where the bytes of an event stream go. Used on the I/O thread only.
class frame_sink {
public:
  virtual ~frame_sink() = default;
  /// Takes whole lines, in order. `seq` is the number of the event that they
  /// complete, 0 for none.
  virtual void write(std::shared_ptr<const std::string> bytes,
                     std::uint64_t seq) = 0;
  /// Whether it has room for more. After `false` the event log is sent
  /// `client_ready` once there is.
  virtual bool ready() = 0;
  /// The highest number whose bytes the kernel has taken.
  virtual std::uint64_t taken() const = 0;
  /// Ends the stream in good order.
  virtual void finish() = 0;
  /// Breaks the stream off, so that its reader sees that something is missing.
  virtual void cut() = 0;
};

/// What a client of the event stream asked for.
struct event_options {
  /// Whether it wants `id:` lines and `gap` events.
  bool ids = false;
  /// The id it has seen last, as it gave it; "0" stands for the beginning.
  std::optional<std::string> after;
  /// JSON-RPC methods, kinds of `session/update` and event types that it wants;
  /// all when empty.
  std::vector<std::string> types;
};

/// Attaches a client. With `after` it gets what came behind that event, without
/// what no client has yet received; then `connected`, and then every event as
/// it happens.
struct attach_client {
  std::shared_ptr<frame_sink> sink;
  event_options options;
};
struct detach_client {
  std::shared_ptr<frame_sink> sink;
};
/// The client has room again.
struct client_ready {
  std::shared_ptr<frame_sink> sink;
};

/// What an event is.
struct event_type {
  /// The JSON-RPC method, "response" when the message has none; the event's
  /// own type when it carries no message.
  std::string method;
  /// The kind of a `session/update`.
  std::string update;
};

/// An event as it goes to the clients. Numbers go up by one, also from one
/// server to the next in the same directory; each server has an epoch of its
/// own.
struct stream_frame {
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  /// The line `id: <epoch>.<seq>`.
  std::shared_ptr<const std::string> id;
  /// The `data:` line and a blank one: the same bytes for every client.
  std::shared_ptr<const std::string> data;
  event_type type;
};
using frame_list = std::vector<std::shared_ptr<stream_frame>>;

/// Asks that the spool be opened: not before the directory is known to be no
/// other server's.
struct open_spool {};

/// Which numbers an epoch has.
struct epoch_range {
  std::uint64_t epoch = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
struct spool_opened {
  std::uint64_t epoch = 0; // of this server
  std::uint64_t next = 1;  // the first number to give
  std::uint64_t received = 0;
  /// Earlier epochs of which something is left.
  std::vector<epoch_range> earlier;
};

/// Writes numbered events to the spool; answered with the same events, their
/// types filled in, when the kernel has them, or when that failed (which the
/// spool logs).
struct spool_frames {
  frame_list frames;
  /// Up to where some client has received the events.
  std::uint64_t received = 0;
};
struct frames_spooled {
  frame_list frames;
};

/// Asks for events from number `from` on: at least one, if there is one, and
/// not many more than `max_bytes`.
struct read_spool {
  std::uint64_t from = 0;
  std::size_t max_bytes = 0;
};
struct spool_read {
  frame_list frames;
};

/// Some client has received the events up to this number.
struct note_received {
  std::uint64_t seq = 0;
};

/// Has what was written to this descriptor put on the disk, and closes it.
struct sync_file {
  int fd = -1;
};
struct file_synced {};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::attach_client)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::detach_client)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::client_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::open_spool)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::spool_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::spool_frames)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::frames_spooled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::read_spool)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::spool_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::note_received)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::sync_file)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::file_synced)
