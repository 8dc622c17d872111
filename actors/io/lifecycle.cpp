#include "actors/io/lifecycle.hpp"

#include "actors/logger.hpp"

#include <utility>

namespace agent_server {

void lifecycle_state::end(const end_process& m) {
  if (now == step::lingering) {
    close_session();
    return;
  }
  if (now != step::running) {
    leave(); // told twice: no more waiting
    return;
  }
  exit_status = m.exit_status;
  logger{disk}.info("ending: " + m.reason);
  if (m.boot_failed)
    enter(step::lingering, failure_linger);
  else
    close_session();
}

void lifecycle_state::enter(step next, std::chrono::milliseconds limit) {
  now = next;
  arm(limit);
}

void lifecycle_state::arm(std::chrono::milliseconds limit) {
  self->delayed_send(
    self, limit,
    alarm{static_cast<std::uint32_t>(now), ++round, trace::current_cause()});
}

void lifecycle_state::prolong(const close_takes& m) {
  if (now == step::closing_session)
    arm(m.limit);
}

void lifecycle_state::expired(step which) {
  if (which != now)
    return;
  switch (which) {
    case step::lingering: close_session(); return;
    case step::closing_session: flush(); return;
    case step::flushing: close_streams(); return;
    case step::closing_streams: leave(); return;
    case step::running:
    case step::done: return;
  }
}

void lifecycle_state::close_session() {
  enter(step::closing_session, close_limit);
  if (!session) {
    flush();
    return;
  }
  auto next = [this] {
    if (now == step::closing_session)
      flush();
  };
  self->request(*session, caf::infinite, agent_server::close_session{})
    .then([next](const session_closed&) { next(); },
          [next](const caf::error&) { next(); });
}

void lifecycle_state::flush() {
  enter(step::flushing, flush_limit);
  auto next = [this] {
    if (now == step::flushing)
      close_streams();
  };
  self->request(disk, caf::infinite, flush_disk{})
    .then([next](const disk_flushed&) { next(); },
          [next](const caf::error&) { next(); });
}

void lifecycle_state::close_streams() {
  enter(step::closing_streams, stream_grace);
  // The grace runs its time: last bytes are still on their way. The edge cuts
  // off what the clients have not been given, so it is closed after that.
  self->request(event_log, caf::infinite, agent_server::close_streams{})
    .then([this](const streams_closed&) { close_edge(); },
          [this](const caf::error&) { close_edge(); });
}

void lifecycle_state::leave() {
  now = step::done;
  exit(exit_status);
}

lifecycle_actor::behavior_type lifecycle(lifecycle_self* self, disk_actor disk,
                                         event_log_actor event_log,
                                         std::function<void()> close_edge,
                                         std::function<void(int)> exit) {
  auto& state = self->state;
  state.self = self;
  state.disk = std::move(disk);
  state.event_log = std::move(event_log);
  state.close_edge = std::move(close_edge);
  state.exit = std::move(exit);
  return {
    [self](const session_actor& s) { self->state.session = s; },
    [self](const end_process& m) { self->state.end(m); },
    [self](const close_takes& m) { self->state.prolong(m); },
    [self](const alarm& a) {
      trace::scope scope{a.armed_by};
      if (a.round == self->state.round)
        self->state.expired(static_cast<lifecycle_state::step>(a.what));
    },
  };
}

} // namespace agent_server
