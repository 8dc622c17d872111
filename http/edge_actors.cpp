#include "http/edge_actors.hpp"

#include <utility>

namespace agent_server {

readiness_actor::behavior_type readiness_watch(readiness_watch_self*,
                                               std::function<void()> known) {
  return {
    [known = std::move(known)](readiness_changed) { known(); },
  };
}

command_relay_actor::behavior_type
command_relay(command_relay_self* self, const commands_actor& commands) {
  return {
    [self, commands](posted_command& posted) {
      // A turn has no upper bound, and commands answers all it was asked.
      self->request(commands, caf::infinite, std::move(posted.request))
        .then([answer = posted.answer](
                command_reply& reply) { answer(std::move(reply)); },
              [answer = posted.answer](const caf::error&) {
                answer(std::nullopt);
              });
    },
  };
}

} // namespace agent_server
