#include "actors/health.hpp"

#include <utility>

namespace agent_server {

namespace {

phase_times& times_of(health_snapshot& snapshot, boot_phase phase) {
  return snapshot.phases[static_cast<std::size_t>(phase)];
}

} // namespace

void health_state::publish() {
  published->publish(std::make_shared<const health_snapshot>(current));
}

void health_state::begin_phase(const phase_began& message) {
  auto& times = times_of(current, message.phase);
  times = {trace::now(), 0, message.deadline, {}};
  publish();
}

void health_state::end_phase(boot_phase phase) {
  auto& times = times_of(current, phase);
  if (times.began != 0 && times.ended == 0)
    times.ended = trace::now();
  times.retrying.clear();
  publish();
}

void health_state::note_retry(const phase_retrying& message) {
  auto& times = times_of(current, message.phase);
  if (times.ended != 0)
    return;
  times.retrying = message.what;
  publish();
}

void health_state::become_ready() {
  if (current.state != readiness::starting)
    return;
  current.state = readiness::ready;
  current.ended_at = trace::now();
  publish();
  trace::note_arrival("ready: published");
}

void health_state::fail(const boot_failed& message) {
  if (current.state == readiness::failed || current.state == readiness::closed)
    return;
  if (current.state == readiness::starting) {
    current.ended_at = trace::now();
    current.failed_phase = message.phase;
    for (std::size_t i = 0; i < boot_phase_count; ++i) {
      auto& times = current.phases[i];
      if (times.began == 0 || times.ended != 0)
        continue;
      times.ended = current.ended_at;
      if (!current.failed_phase)
        current.failed_phase = static_cast<boot_phase>(i);
    }
  }
  current.state = readiness::failed;
  current.failure_class = message.failure_class;
  current.failure = message.failure;
  publish();
}

void health_state::close() {
  if (current.state != readiness::ready)
    return;
  current.state = readiness::closed;
  publish();
}

health_actor::behavior_type health(health_self* self,
                                   std::shared_ptr<published_health> published,
                                   health_snapshot initial) {
  auto& state = self->state;
  state.published = std::move(published);
  state.current = std::move(initial);
  state.publish();
  auto tell_watchers = [self] {
    for (const auto& watcher : self->state.watchers)
      self->send(watcher, readiness_changed{});
    self->state.watchers.clear();
  };
  return {
    [self](const phase_began& m) { self->state.begin_phase(m); },
    [self](const phase_ended& m) { self->state.end_phase(m.phase); },
    [self](const phase_retrying& m) { self->state.note_retry(m); },
    [self](const http_is_ready& m) {
      self->state.current.http_ready_at = m.at;
      self->state.publish();
    },
    [self, tell_watchers](const boot_ready&) {
      self->state.become_ready();
      tell_watchers();
    },
    [self, tell_watchers](const boot_failed& m) {
      self->state.fail(m);
      tell_watchers();
    },
    [self](const boot_closed&) { self->state.close(); },
    [self](const readiness_actor& watcher) {
      if (self->state.current.state == readiness::starting)
        self->state.watchers.push_back(watcher);
      else
        self->send(watcher, readiness_changed{});
    },
  };
}

} // namespace agent_server
