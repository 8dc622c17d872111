#include "actors/io/event_log.hpp"

#include "messages/wire/notifications.hpp"

#include <algorithm>
#include <utility>

namespace agent_server {

namespace {

// An SSE comment: clients skip it, people who look at the stream see the gap.
std::string gap_comment(std::uint64_t count) {
  return ": " + std::to_string(count)
         + " earlier events were dropped, nobody listened\n\n";
}

} // namespace

void event_log_state::append(const journal_entry& entry) {
  if (closed_)
    return;
  auto bytes = std::make_shared<const std::string>(event_frame(entry));
  if (sinks_.empty()) {
    keep(std::move(bytes));
    return;
  }
  for (const auto& sink : sinks_)
    sink->write(bytes);
}

void event_log_state::keep(frame bytes) {
  kept_bytes_ += bytes->size();
  kept_.push_back(std::move(bytes));
  while (kept_.size() > 1
         && (kept_bytes_ > max_kept_bytes || kept_.size() > max_kept_frames)) {
    kept_bytes_ -= kept_.front()->size();
    kept_.pop_front();
    ++dropped_;
  }
}

void event_log_state::attach(std::shared_ptr<frame_sink> sink) {
  if (closed_) {
    sink->finish();
    return;
  }
  if (dropped_ != dropped_told_) {
    sink->write(std::make_shared<const std::string>(
      gap_comment(dropped_ - dropped_told_)));
    dropped_told_ = dropped_;
  }
  for (auto& bytes : kept_)
    sink->write(std::move(bytes));
  kept_.clear();
  kept_bytes_ = 0;
  for (const auto& standing : announced_)
    sink->write(standing.bytes);
  sink->write(std::make_shared<const std::string>(connected_frame(run_id_)));
  sinks_.push_back(std::move(sink));
}

void event_log_state::detach(const std::shared_ptr<frame_sink>& sink) {
  sinks_.erase(std::remove(sinks_.begin(), sinks_.end(), sink), sinks_.end());
}

void event_log_state::announce(const announce_permission& m) {
  if (closed_)
    return;
  announced_.push_back({m.request_id, std::make_shared<const std::string>(
                                        "data: " + *m.event + "\n\n")});
  for (const auto& sink : sinks_)
    sink->write(announced_.back().bytes);
}

void event_log_state::retract(const std::string& request_id) {
  announced_.erase(std::remove_if(announced_.begin(), announced_.end(),
                                  [&](const announcement& standing) {
                                    return standing.request_id == request_id;
                                  }),
                   announced_.end());
}

void event_log_state::close() {
  closed_ = true;
  for (const auto& sink : sinks_)
    sink->finish();
  sinks_.clear();
  kept_.clear();
  kept_bytes_ = 0;
}

event_stream_actor::behavior_type event_log(event_log_self* self,
                                            std::string run_id) {
  self->state.set_run(std::move(run_id));
  auto tell_watchers = [self] {
    for (const auto& who : self->state.watchers())
      self->send(who, clients_changed{self->state.clients()});
  };
  return {
    [self](const journal_entry& entry) {
      for (const auto& who : self->state.taps())
        self->send(who, entry);
      self->state.append(entry);
    },
    [self](journal_tap_actor& who) { self->state.tap(std::move(who)); },
    [self, tell_watchers](attach_client& client) {
      self->state.attach(std::move(client.sink));
      tell_watchers();
    },
    [self, tell_watchers](const detach_client& client) {
      self->state.detach(client.sink);
      tell_watchers();
    },
    [self, tell_watchers](close_streams) {
      self->state.close();
      tell_watchers();
      return streams_closed{};
    },
    [self](client_watch_actor& who) {
      self->send(who, clients_changed{self->state.clients()});
      self->state.watch(std::move(who));
    },
    [self](const announce_permission& m) { self->state.announce(m); },
    [self](const retract_permission& m) { self->state.retract(m.request_id); },
  };
}

} // namespace agent_server
