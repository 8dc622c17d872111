#pragma once

#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace agent_server {

struct permissions_state {
  static inline const char* name = "permissions";
};

using permissions_self =
  caf::stateful_actor<permissions_state, traced<permissions_actor::base>>;

/// The option an unattended session takes: the first that allows, else the
/// first; cancelled when none is offered.
permission_answer first_allowing(const permission_question& question);

/// Grants every question, as an unattended session does.
permissions_actor::behavior_type permissions(permissions_self* self);

} // namespace agent_server
