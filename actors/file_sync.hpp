#pragma once

#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace agent_server {

struct file_sync_state {
  static inline const char* name = "file_sync";
};
using file_sync_self =
  caf::stateful_actor<file_sync_state, traced<file_sync_actor::base>>;

/// Puts files on the disk, however long that takes. Spawn it detached.
file_sync_actor::behavior_type file_sync(file_sync_self* self);

} // namespace agent_server
