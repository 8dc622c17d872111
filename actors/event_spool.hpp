#pragma once

#include "actors/logger.hpp"
#include "actors/spool_files.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <chrono>
#include <optional>
#include <string>

namespace agent_server {

struct event_spool_state;
using event_spool_self =
  caf::stateful_actor<event_spool_state, traced<event_spool_actor::base>>;

struct event_spool_state {
  static inline const char* name = "event_spool";

  /// How long what was written may not be on the disk, while it keeps up.
  static constexpr std::chrono::seconds sync_period{1};

  event_spool_self* self = nullptr;
  std::optional<logger> log;
  std::optional<spool_files> files;
  file_sync_actor syncer; // once there is something to put on the disk
  bool sync_armed = false;
  int syncing = 0; // descriptors
  bool failure_told = false;

  caf::result<spool_opened> open();
  frames_spooled write(const spool_frames& m);
  spool_read read(const read_spool& m);
  void arm_sync();
  void sync();
};

/// Spawn it detached: it blocks on files. `directory` is made when missing.
event_spool_actor::behavior_type event_spool(event_spool_self* self,
                                             std::string directory,
                                             spool_limits limits, logger log);

} // namespace agent_server
