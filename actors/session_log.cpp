#include "actors/session_log.hpp"

#include "messages/error.hpp"
#include "messages/wire/notifications.hpp"

#include <algorithm>
#include <utility>

namespace agent_server {

void session_log_state::take(const journal_entry& next) {
  switch (next.kind) {
    case journal_kind::text_chunk:
      if (!open_message) {
        open_message = next;
        open_message->kind = journal_kind::message;
      } else {
        open_message->text += next.text;
      }
      return;
    case journal_kind::other_chunk: return;
    case journal_kind::message:
      // The whole message replaces the chunks that announced it.
      open_message.reset();
      push(next);
      return;
    case journal_kind::other:
      close_message();
      push(next);
      return;
  }
}

void session_log_state::close_message() {
  if (!open_message)
    return;
  auto message = std::move(*open_message);
  open_message.reset();
  message.notification =
    std::make_shared<const std::string>(agent_message(message.text));
  push(message);
}

void session_log_state::push(const journal_entry& complete) {
  waiting.push_back(std::make_shared<const std::string>(log_entry(complete)));
  waiting_bytes += waiting.back()->size();
  std::size_t lost = 0;
  while (waiting_bytes > max_waiting_bytes && waiting.size() > 1) {
    waiting_bytes -= waiting.front()->size();
    waiting.pop_front();
    ++lost;
  }
  if (lost > 0)
    log->error("the control plane takes no log entries: " + std::to_string(lost)
               + " of the oldest are lost");
  arm(log_flush_interval);
}

void session_log_state::arm(std::chrono::milliseconds delay) {
  if (tick_armed || sending)
    return;
  tick_armed = true;
  self->delayed_send(self, delay, alarm{0, 0, trace::current_cause()});
}

void session_log_state::send_batch() {
  if (sending)
    return;
  if (waiting.empty()) {
    for (auto& promise : std::exchange(flushing, {}))
      promise.deliver(log_flushed{});
    return;
  }
  append_log batch;
  std::size_t bytes = 0;
  for (const auto& next : waiting) {
    if (!batch.entries.empty()
        && (batch.entries.size() >= batch_limit
            || bytes + next->size() > max_batch_bytes))
      break;
    bytes += next->size();
    batch.entries.push_back(next);
  }
  sending = true;
  // Entries leave `waiting` only once they are taken, but the oldest may be
  // dropped meanwhile: keep them apart.
  waiting.erase(waiting.begin(),
                waiting.begin()
                  + static_cast<std::ptrdiff_t>(batch.entries.size()));
  waiting_bytes -= bytes;
  const auto entries = batch.entries;
  self->request(control_plane, caf::infinite, std::move(batch))
    .then(
      [this](const log_appended&) {
        sending = false;
        failures = 0;
        batch_limit = std::min(batch_limit * 2, max_batch_entries);
        go_on();
      },
      [this, entries](const caf::error& err) {
        sending = false;
        if (code_of(err) == ec::entries_refused)
          refused(entries, err);
        else
          not_taken(entries, err);
      });
}

void session_log_state::go_on() {
  if (!flushing.empty())
    send_batch();
  else if (!waiting.empty())
    arm(log_flush_interval);
}

void session_log_state::put_back(const std::vector<entry>& batch) {
  waiting.insert(waiting.begin(), batch.begin(), batch.end());
  for (const auto& each : batch)
    waiting_bytes += each->size();
}

void session_log_state::not_taken(const std::vector<entry>& batch,
                                  const caf::error& err) {
  put_back(batch);
  ++failures;
  const auto delay =
    std::min(longest_log_backoff,
             log_flush_interval * (1 << std::min<std::uint32_t>(failures, 6)));
  log->warn("log entries not taken: " + describe(err));
  for (auto& promise : std::exchange(flushing, {}))
    promise.deliver(log_flushed{});
  arm(delay);
}

void session_log_state::refused(const std::vector<entry>& batch,
                                const caf::error& err) {
  failures = 0;
  if (batch.size() > 1) {
    batch_limit = batch.size() / 2;
    put_back(batch);
  } else {
    ++dropped;
    log->warn("the control plane refuses a log entry of "
              + std::to_string(batch.front()->size())
              + " bytes: " + describe(err) + "; it is dropped ("
              + std::to_string(dropped) + " so far)");
  }
  go_on();
}

caf::result<log_flushed> session_log_state::flush() {
  close_message();
  auto promise = self->make_response_promise<log_flushed>();
  flushing.push_back(promise);
  send_batch();
  return promise;
}

session_log_actor::behavior_type session_log(session_log_self* self,
                                             control_plane_actor control_plane,
                                             logger log) {
  auto& state = self->state;
  state.self = self;
  state.control_plane = std::move(control_plane);
  state.log = std::move(log);
  return {
    [self](const journal_entry& next) { self->state.take(next); },
    [self](const flush_log&) { return self->state.flush(); },
    [self](const alarm& a) {
      trace::scope scope{a.armed_by};
      self->state.tick_armed = false;
      self->state.send_batch();
    },
  };
}

} // namespace agent_server
