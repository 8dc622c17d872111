#pragma once

#include "actors/logger.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"
#include "messages/secret.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace agent_server {

/// Bounds of the calls of a server that cannot start. Together they end well
/// within the five seconds in which it has to be gone.
constexpr std::chrono::milliseconds port_probe_timeout{1'000};
constexpr std::chrono::milliseconds failed_start_timeout{2'500};

/// How to ask whoever has the port whether it serves the same run: its boot
/// report is for those who know the token in the run's state directory.
struct port_probe {
  std::string boot_url;
  secret token;
};

struct failed_start_state;
using failed_start_self =
  caf::stateful_actor<failed_start_state, traced<failed_start_actor::base>>;

struct failed_start_state {
  static inline const char* name = "failed_start";

  failed_start_self* self = nullptr;
  outbound_actor outbound;
  control_plane_actor control_plane;
  disk_actor disk;
  std::optional<port_probe> probe;
  std::function<void()> done;

  void tell(const boot_failed& why);
  void mark_failed(const std::string& text);
  void end();
};

/// Told why the server cannot start, it tells the log and the control plane,
/// and calls `done` when that is over, well or not. When a server of the same
/// run answers the probe, the run is that one's and is not marked failed.
failed_start_actor::behavior_type
failed_start(failed_start_self* self, outbound_actor outbound,
             control_plane_actor control_plane, disk_actor disk,
             std::optional<port_probe> probe, std::function<void()> done);

} // namespace agent_server
