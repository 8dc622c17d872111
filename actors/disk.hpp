#pragma once

#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace agent_server {

struct disk_state;
using disk_self = caf::stateful_actor<disk_state, traced<disk_actor::base>>;

struct disk_state {
  static inline const char* name = "disk";

  disk_self* self = nullptr;
  int log_fd = 1;

  void write_line(const log_line& line) const;
  caf::result<pinned_model> read_pinned(const read_pinned_model& ask) const;
  pinned_model find_pinned(const std::vector<std::string>& paths) const;
};

/// Spawn it detached: it blocks on files. `log_fd` stays the caller's.
disk_actor::behavior_type disk(disk_self* self, int log_fd);

} // namespace agent_server
