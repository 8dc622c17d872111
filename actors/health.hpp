#pragma once

#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <memory>
#include <vector>

namespace agent_server {

struct health_state {
  static inline const char* name = "health";

  health_snapshot current;
  std::shared_ptr<published_health> published;
  std::vector<readiness_actor> watchers;

  void publish();
  void begin_phase(const phase_began& message);
  void end_phase(boot_phase phase);
  void note_retry(const phase_retrying& message);
  void become_ready();
  void fail(const boot_failed& message);
  void close();
};

using health_self =
  caf::stateful_actor<health_state, traced<health_actor::base>>;

/// `initial` holds what is known at exec; it is published at once.
health_actor::behavior_type health(health_self* self,
                                   std::shared_ptr<published_health> published,
                                   health_snapshot initial);

} // namespace agent_server
