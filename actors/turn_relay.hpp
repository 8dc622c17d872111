#pragma once

#include "actors/logger.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <optional>
#include <string>
#include <vector>

namespace agent_server {

/// The texts of a turn as one: a blank line between each two.
std::string joined(const std::vector<std::string>& texts);

struct turn_relay_state;
using turn_relay_self =
  caf::stateful_actor<turn_relay_state, traced<turn_relay_actor::base>>;

struct turn_relay_state {
  static inline const char* name = "turn_relay";

  turn_relay_self* self = nullptr;
  control_plane_actor control_plane;
  std::optional<logger> log;
  /// The thread waits for the answer to a question: what the agent says as it
  /// ends its turn is not posted behind it.
  bool question_waits = false;

  void post(const turn_said& said);
};

/// Posts what the agent said in each turn; the control plane knows where, if
/// anywhere. A text that cannot be posted is lost, and that is logged.
turn_relay_actor::behavior_type turn_relay(turn_relay_self* self,
                                           control_plane_actor control_plane,
                                           logger log);

} // namespace agent_server
