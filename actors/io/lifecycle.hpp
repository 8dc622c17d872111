#pragma once

#include "actors/io/hosted.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace agent_server {

/// How long a failed boot can still be read in `/health`.
constexpr std::chrono::milliseconds failure_linger{1'000};
/// How long the session may take to close and to deliver its log, unless it
/// asks for more.
constexpr std::chrono::milliseconds close_limit{1'500};
/// How long the log may take to be written out.
constexpr std::chrono::milliseconds flush_limit{300};
/// How long streams get to send their last bytes.
constexpr std::chrono::milliseconds stream_grace{50};

struct lifecycle_state;
using lifecycle_self =
  caf::stateful_actor<lifecycle_state, traced<hosted<lifecycle_actor::base>>>;

struct lifecycle_state {
  static inline const char* name = "lifecycle";

  /// Each step has a limit; what exceeds it is left behind.
  enum class step : std::uint32_t {
    running,
    lingering,
    closing_session,
    flushing,
    closing_streams,
    done,
  };

  lifecycle_self* self = nullptr;
  std::optional<session_actor> session;
  disk_actor disk;
  event_log_actor event_log;
  std::function<void()> close_edge;
  std::function<void(int)> exit;
  int exit_status = 0;
  step now = step::running;
  /// Which of the alarms armed so far counts.
  std::uint32_t round = 0;

  void end(const end_process& m);
  void enter(step next, std::chrono::milliseconds limit);
  void arm(std::chrono::milliseconds limit);
  void prolong(const close_takes& m);
  void expired(step which);
  void close_session();
  void flush();
  void close_streams();
  void leave();
};

/// `close_edge` is called when only the clients are left to be let go, and
/// `exit` at the very end, or at once when the process is told to end a second
/// time. Both are called on the I/O thread.
lifecycle_actor::behavior_type lifecycle(lifecycle_self* self, disk_actor disk,
                                         event_log_actor event_log,
                                         std::function<void()> close_edge,
                                         std::function<void(int)> exit);

} // namespace agent_server
