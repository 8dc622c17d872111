#pragma once

#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace agent_server {

struct disk_state {
  static inline const char* name = "disk";

  int log_fd = 1;

  void write_line(const log_line& line) const;
  pinned_model read_pinned(const std::vector<std::string>& paths) const;
};

using disk_self = caf::stateful_actor<disk_state, traced<disk_actor::base>>;

/// Spawn it detached: it blocks on files. `log_fd` stays the caller's.
disk_actor::behavior_type disk(disk_self* self, int log_fd);

} // namespace agent_server
