#include "actors/io/event_log.hpp"

#include "messages/wire/notifications.hpp"
#include "messages/wire/stream_frame.hpp"

#include <algorithm>
#include <utility>

namespace agent_server {

void event_log_state::start(event_log_self* self, std::string run_id,
                            event_spool_actor spool) {
  self_ = self;
  run_id_ = std::move(run_id);
  spool_ = std::move(spool);
  if (!spool_)
    go_without_spool();
}

void event_log_state::open() {
  if (opened_)
    return;
  self_->request(spool_, open_limit, open_spool{})
    .then([this](const spool_opened& m) { opened(m); },
          [this](const caf::error&) { go_without_spool(); });
}

void event_log_state::opened(const spool_opened& m) {
  if (std::exchange(opened_, true))
    return;
  epoch_ = m.epoch;
  next_ = m.next;
  released_ = m.next - 1;
  received_ = noted_ = m.received;
  earlier_ = m.earlier;
  flush();
  for (auto& asked : std::exchange(waiting_, {}))
    admit(std::move(asked));
}

void event_log_state::go_without_spool() {
  using namespace std::chrono;
  spool_ = nullptr;
  if (!opened_) {
    spool_opened fresh;
    fresh.epoch = static_cast<std::uint64_t>(
      duration_cast<milliseconds>(system_clock::now().time_since_epoch())
        .count());
    opened(fresh);
    return;
  }
  frame_list left;
  // The spool's thread may still be at work on the others.
  for (const auto& each : std::exchange(flying_, {}))
    left.push_back(std::make_shared<stream_frame>(stream_frame{
      each->epoch, each->seq, each->id, each->data, type_of(*each->data)}));
  release(left);
  flush();
}

event_log_state::frame event_log_state::put(std::string bytes) {
  auto result = std::make_shared<stream_frame>();
  pending_bytes_ += bytes.size();
  result->data = std::make_shared<const std::string>(std::move(bytes));
  pending_.push_back(result);
  if (spool_ && pending_bytes_ > max_unspooled_bytes
      && (!opened_ || !flying_.empty()))
    go_without_spool();
  else
    arm(chore::flush);
  return result;
}

void event_log_state::append(const journal_entry& entry) {
  for (const auto& who : taps_)
    self_->send(who, entry);
  if (!closing_)
    put(event_frame(entry));
}

void event_log_state::announce(const announce_permission& m) {
  if (!closing_)
    announced_.push_back({m.request_id, put("data: " + *m.event + "\n\n")});
}

void event_log_state::retract(const std::string& request_id) {
  announced_.erase(std::remove_if(announced_.begin(), announced_.end(),
                                  [&](const announcement& standing) {
                                    return standing.request_id == request_id;
                                  }),
                   announced_.end());
}

void event_log_state::arm(chore what) {
  const alarm told{static_cast<std::uint32_t>(what), 0, trace::current_cause()};
  if (what == chore::note) {
    if (!std::exchange(note_armed_, true))
      self_->delayed_send(self_, note_delay, told);
  } else if (!std::exchange(flush_armed_, true)) {
    // Behind what is in the mailbox: what comes in one go leaves in one go.
    self_->send(self_, told);
  }
}

void event_log_state::wake(chore what) {
  if (what == chore::flush) {
    flush_armed_ = false;
    flush();
  } else {
    note_armed_ = false;
    note();
  }
}

void event_log_state::flush() {
  if (!opened_ || !flying_.empty() || pending_.empty())
    return;
  pending_bytes_ = 0;
  auto batch = std::exchange(pending_, {});
  for (const auto& each : batch) {
    each->epoch = epoch_;
    each->seq = next_++;
    each->id =
      std::make_shared<const std::string>(id_line({each->epoch, each->seq}));
  }
  if (!spool_) {
    for (const auto& each : batch)
      each->type = type_of(*each->data);
    release(batch);
    return;
  }
  flying_ = batch;
  noted_ = received();
  self_->request(spool_, caf::infinite, spool_frames{std::move(batch), noted_})
    .then([this](const frames_spooled& m) { spooled(m.frames); },
          [this](const caf::error&) {
            if (spool_)
              go_without_spool();
          });
}

void event_log_state::spooled(const frame_list& frames) {
  if (!spool_)
    return; // too late: it went on without
  flying_.clear();
  release(frames);
  flush();
}

void event_log_state::release(const frame_list& frames) {
  for (const auto& each : frames) {
    ring_.push(each);
    released_ = each->seq;
  }
  for (const auto& to : clients_)
    pump(to);
  ring_.trim();
  if (!clients_.empty())
    arm(chore::note);
  if (closing_ && pending_.empty() && flying_.empty())
    finish();
}

void event_log_state::attach(attach_client& asked) {
  if (closing_) {
    asked.sink->finish();
    return;
  }
  if (opened_)
    admit(std::move(asked));
  else
    waiting_.push_back(std::move(asked));
  tell_watchers();
}

std::optional<std::uint64_t>
event_log_state::position_after(const std::string& text) const {
  if (text == "0")
    return 1;
  const auto id = parse_event_id(text);
  if (!id)
    return std::nullopt;
  // What a server lost with the power was never written by the next one.
  if (id->epoch == epoch_)
    return std::min(id->seq, released_) + 1;
  for (const auto& range : earlier_)
    if (range.epoch == id->epoch)
      return std::min(id->seq, range.last) + 1;
  return std::nullopt;
}

void event_log_state::admit(attach_client asked) {
  auto next = received() + 1;
  bool unknown = false;
  if (asked.options.after) {
    const auto position = position_after(*asked.options.after);
    unknown = !position;
    next = position.value_or(1);
  }
  // What has happened comes before its greeting, also what is on its way.
  auto to = std::make_shared<event_client>(std::move(asked), next,
                                           next_ + pending_.size());
  clients_.push_back(to);
  if (unknown)
    to->tell_unknown_id();
  pump(to);
}

void event_log_state::detach(const std::shared_ptr<frame_sink>& sink) {
  received();
  for (const auto& to : clients_)
    to->gone = to->gone || to->is(sink);
  std::erase_if(clients_, [](const client& to) { return to->gone; });
  std::erase_if(waiting_,
                [&](const attach_client& asked) { return asked.sink == sink; });
  note();
  tell_watchers();
}

void event_log_state::ready(const std::shared_ptr<frame_sink>& sink) {
  for (const auto& to : clients_)
    if (to->is(sink))
      pump(to);
  arm(chore::note);
}

void event_log_state::pump(const client& to) {
  for (;;) {
    if (to->gone || to->reading)
      return;
    if (to->is_live() && !to->greeted)
      greet(*to);
    if (to->next() > released_ || !to->sink().ready())
      return;
    if (const auto event = ring_.find(to->next()))
      to->give(*event);
    else if (spool_)
      read_back(to);
    else
      to->miss(ring_.empty() ? released_ + 1 : ring_.first());
  }
}

void event_log_state::read_back(const client& to) {
  to->reading = true;
  self_->request(spool_, caf::infinite, read_spool{to->next(), read_bytes})
    .then(
      [this, to](const spool_read& m) {
        to->reading = false;
        give_read(*to, m.frames);
        pump(to);
      },
      [this, to](const caf::error&) {
        to->reading = false;
        give_read(*to, {});
        pump(to);
      });
}

void event_log_state::give_read(event_client& to, const frame_list& frames) {
  if (to.gone)
    return;
  // What is neither in the spool nor in the ring is gone.
  if (frames.empty())
    to.miss(ring_.empty() ? released_ + 1 : ring_.first());
  for (const auto& each : frames) {
    if (each->seq > to.next())
      to.miss(ring_.empty() ? each->seq : std::min(each->seq, ring_.first()));
    if (to.gone || each->seq != to.next() || each->seq > released_)
      return;
    if (to.is_live() && !to.greeted)
      greet(to);
    to.give(*each);
  }
}

void event_log_state::greet(event_client& to) {
  to.greeted = true;
  for (const auto& standing : announced_)
    to.show(*standing.event);
  to.sink().write(std::make_shared<const std::string>(connected_frame(run_id_)),
                  0);
}

std::uint64_t event_log_state::received() {
  for (const auto& to : clients_)
    if (to->gets_all())
      received_ = std::max(received_, to->sink().taken());
  return received_;
}

void event_log_state::note() {
  const auto now = received();
  if (!spool_ || !opened_ || now == noted_)
    return;
  noted_ = now;
  self_->send(spool_, note_received{now});
  if (now < released_ && !clients_.empty())
    arm(chore::note);
}

void event_log_state::watch(client_watch_actor who) {
  self_->send(who, clients_changed{clients_.size() + waiting_.size()});
  watchers_.push_back(std::move(who));
}

void event_log_state::tell_watchers() {
  for (const auto& who : watchers_)
    self_->send(who, clients_changed{clients_.size() + waiting_.size()});
}

caf::result<streams_closed> event_log_state::close() {
  closing_ = true;
  auto promise = self_->make_response_promise<streams_closed>();
  closers_.push_back(promise);
  if (!opened_)
    go_without_spool();
  if (pending_.empty() && flying_.empty())
    finish();
  return promise;
}

void event_log_state::finish() {
  for (const auto& to : clients_) {
    // One that is behind is to see that its stream is not complete.
    if (to->next() > released_)
      to->sink().finish();
    else
      to->sink().cut();
    to->gone = true;
  }
  note();
  clients_.clear();
  tell_watchers();
  for (auto& promise : std::exchange(closers_, {}))
    promise.deliver(streams_closed{});
}

event_stream_actor::behavior_type
event_log(event_log_self* self, std::string run_id, event_spool_actor spool) {
  self->state.start(self, std::move(run_id), std::move(spool));
  return {
    [self](const journal_entry& entry) { self->state.append(entry); },
    [self](journal_tap_actor& who) { self->state.tap(std::move(who)); },
    [self](attach_client& asked) { self->state.attach(asked); },
    [self](const detach_client& m) { self->state.detach(m.sink); },
    [self](close_streams) { return self->state.close(); },
    [self](client_watch_actor& who) { self->state.watch(std::move(who)); },
    [self](const announce_permission& m) { self->state.announce(m); },
    [self](const retract_permission& m) { self->state.retract(m.request_id); },
    [self](const client_ready& m) { self->state.ready(m.sink); },
    [self](const open_spool&) { self->state.open(); },
    [self](const alarm& a) {
      const trace::scope scope{a.armed_by};
      self->state.wake(static_cast<event_log_state::chore>(a.what));
    },
  };
}

} // namespace agent_server
