#pragma once

#include "actors/message_ids.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"
#include "messages/wire/command_json.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

namespace agent_server {

struct commands_state;
using commands_self =
  caf::stateful_actor<commands_state, traced<commands_actor::base>>;

struct commands_state {
  static inline const char* name = "commands";
  using promise = caf::typed_response_promise<command_reply>;

  commands_self* self = nullptr;
  session_actor session;
  permission_desk_actor permissions;
  /// Messages that were delivered, or are being.
  message_ids delivered;

  caf::result<command_reply> check_session(const command_request& command);
  void check_shape(const command_request& command, promise reply);
  void execute(const parsed_command& command, promise reply);
  void deliver(const parsed_command& command, promise reply);
  void steer(const parsed_command& command, promise reply);
};

/// Checks POST /command in the order that callers know (session, shape,
/// params), and executes it in `session`; answers to permission requests go to
/// `permissions`.
commands_actor::behavior_type commands(commands_self* self,
                                       session_actor session,
                                       permission_desk_actor permissions);

} // namespace agent_server
