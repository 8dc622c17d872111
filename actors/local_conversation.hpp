#pragma once

#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace agent_server {

/// Drives a session from a terminal.
using local_conversation_actor = caf::typed_actor<caf::reacts_to<boot_ready>>;

struct local_conversation_state;
using local_conversation_self =
  caf::stateful_actor<local_conversation_state,
                      traced<local_conversation_actor::base>>;

struct local_conversation_state {
  static inline const char* name = "conversation";

  local_conversation_self* self = nullptr;
  session_actor session;
  terminal_actor terminal;
  lifecycle_actor lifecycle;
  bool once = false;

  void await_turn();
  void await_prompt();
  void send_prompt(const std::string& text);
  void end(bool failed);
};

/// Told that the boot is over, it waits for the first turn, and then sends what
/// is typed, prompt by prompt; it ends the process at the end of the input, or
/// after the first turn when `once` is set.
local_conversation_actor::behavior_type
local_conversation(local_conversation_self* self, session_actor session,
                   terminal_actor terminal, lifecycle_actor lifecycle,
                   bool once);

} // namespace agent_server
