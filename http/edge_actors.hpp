#pragma once

#include "actors/io/hosted.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <functional>

namespace agent_server {

struct readiness_watch_state {
  static inline const char* name = "readiness_watch";
};
using readiness_watch_self =
  caf::stateful_actor<readiness_watch_state,
                      traced<hosted<readiness_actor::base>>>;

/// Calls `known` on the I/O thread when readiness is known.
readiness_actor::behavior_type readiness_watch(readiness_watch_self* self,
                                               std::function<void()> known);

struct command_relay_state {
  static inline const char* name = "command_relay";
};
using command_relay_self =
  caf::stateful_actor<command_relay_state,
                      traced<hosted<command_relay_actor::base>>>;

/// Carries commands to `commands` and calls back with the reply, however long
/// the turn takes.
command_relay_actor::behavior_type
command_relay(command_relay_self* self, const commands_actor& commands);

} // namespace agent_server
