#include "actors/session_log.hpp"

#include "messages/error.hpp"
#include "messages/redact.hpp"
#include "messages/wire/notifications.hpp"

#include <algorithm>
#include <utility>

namespace agent_server {

void session_log_state::take(const journal_entry& next) {
  switch (next.kind) {
    case journal_kind::text_chunk: add_chunk(next); return;
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

void session_log_state::add_chunk(const journal_entry& next) {
  if (open_message
      && open_message->text.size() + next.text.size() > max_open_message)
    close_message();
  // In pieces a secret may stand cut in two; the whole is looked at again.
  if (waiting.empty() && spool.is_open())
    if (auto err = spool.append_piece(open_message ? open_message->at : next.at,
                                      redacted(next.text, settings.secrets)))
      tell_spool_trouble(err);
  if (open_message) {
    open_message->text += next.text;
    return;
  }
  open_message = next;
  open_message->kind = journal_kind::message;
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
  auto shown = complete;
  shown.notification = std::make_shared<const std::string>(
    redacted(*complete.notification, hidden));
  auto line = std::make_shared<const std::string>(log_entry(shown));
  arm(log_flush_interval);
  if (!waiting.empty() || !spool.is_open()) {
    keep_waiting(std::move(line));
  } else if (auto err = spool.append(*line)) {
    tell_spool_trouble(err);
    keep_waiting(std::move(line));
  }
}

void session_log_state::keep_waiting(entry next) {
  waiting_bytes += next->size();
  waiting.push_back(std::move(next));
  std::size_t lost = 0;
  while (waiting_bytes > max_waiting_bytes && waiting.size() > 1) {
    waiting_bytes -= waiting.front()->size();
    waiting.pop_front();
    ++lost;
  }
  if (lost > 0)
    log->error("neither the control plane nor the disk takes log entries: "
               + std::to_string(lost) + " of the oldest are lost");
}

void session_log_state::tell_spool_trouble(const caf::error& err) {
  if (!std::exchange(spool_trouble_told, true))
    log->warn("log entries wait in memory: " + describe(err));
}

void session_log_state::open_spool() {
  if (settings.spool.empty() || spool.is_open())
    return;
  if (auto err = spool.open(settings.spool)) {
    tell_spool_trouble(err);
    return;
  }
  if (const auto begun = spool.take_open_text()) {
    journal_entry message;
    message.at = begun->at;
    message.notification =
      std::make_shared<const std::string>(agent_message(begun->text));
    // Older than all that came meanwhile.
    auto later = std::exchange(waiting, {});
    push(message);
    waiting.insert(waiting.end(), later.begin(), later.end());
  }
  if (spool.pending() > 0) {
    log->info(std::to_string(spool.pending())
              + " log entries of an earlier process are delivered");
    arm(log_flush_interval);
  }
}

void session_log_state::move_to_spool() {
  while (!waiting.empty() && spool.is_open()) {
    if (auto err = spool.append(*waiting.front())) {
      tell_spool_trouble(err);
      return;
    }
    waiting_bytes -= waiting.front()->size();
    waiting.pop_front();
  }
}

void session_log_state::arm(std::chrono::milliseconds delay) {
  if (tick_armed || sending)
    return;
  tick_armed = true;
  self->delayed_send(self, delay, alarm{0, 0, trace::current_cause()});
}

bool session_log_state::choose_batch() {
  open_spool();
  move_to_spool();
  outgoing = {};
  from_spool = spool.pending() > 0;
  if (!from_spool) {
    take_from_waiting();
    return true;
  }
  if (auto err = spool.read(outgoing, batch_limit, max_batch_bytes)) {
    was_not_taken(err);
    return false;
  }
  return true;
}

// Out of the queue: the oldest there may be given up meanwhile.
void session_log_state::take_from_waiting() {
  std::size_t bytes = 0;
  while (!waiting.empty() && outgoing.entries.size() < batch_limit) {
    bytes += waiting.front()->size();
    if (!outgoing.entries.empty() && bytes > max_batch_bytes)
      return;
    waiting_bytes -= waiting.front()->size();
    outgoing.entries.push_back(std::move(waiting.front()));
    waiting.pop_front();
  }
}

void session_log_state::put_back() {
  if (from_spool)
    return;
  for (const auto& each : outgoing.entries)
    waiting_bytes += each->size();
  waiting.insert(waiting.begin(), outgoing.entries.begin(),
                 outgoing.entries.end());
}

void session_log_state::send_batch() {
  if (sending || !choose_batch())
    return;
  if (outgoing.entries.empty()) {
    for (auto& promise : std::exchange(flushing, {}))
      promise.deliver(log_flushed{});
    return;
  }
  sending = true;
  append_log message{outgoing.entries};
  if (outgoing.repeated)
    for (auto& each : message.entries)
      each = std::make_shared<const std::string>(redelivered(*each));
  if (from_spool)
    spool.sending(outgoing);
  self->request(control_plane, caf::infinite, std::move(message))
    .then(
      [this](const log_appended&) {
        sending = false;
        was_taken();
      },
      [this](const caf::error& err) {
        sending = false;
        if (code_of(err) == ec::entries_refused)
          was_refused(err);
        else
          was_not_taken(err);
      });
}

void session_log_state::was_taken() {
  failures = 0;
  batch_limit = std::min(batch_limit * 2, max_batch_entries);
  if (from_spool)
    spool.taken(outgoing);
  go_on();
}

void session_log_state::go_on() {
  outgoing = {};
  if (!flushing.empty())
    send_batch();
  else if (spool.pending() > 0 || !waiting.empty())
    arm(log_flush_interval);
}

void session_log_state::was_not_taken(const caf::error& err) {
  if (code_of(err) == ec::answer_lost) {
    if (from_spool)
      spool.answer_lost(outgoing);
    else
      for (auto& each : outgoing.entries)
        each = std::make_shared<const std::string>(redelivered(*each));
  } else if (from_spool) {
    spool.not_taken();
  }
  put_back();
  outgoing = {};
  ++failures;
  const auto delay =
    std::min(longest_log_backoff,
             log_flush_interval * (1 << std::min<std::uint32_t>(failures, 6)));
  log->warn("log entries not taken: " + describe(err));
  for (auto& promise : std::exchange(flushing, {}))
    promise.deliver(log_flushed{});
  arm(delay);
}

void session_log_state::was_refused(const caf::error& err) {
  failures = 0;
  if (outgoing.entries.size() > 1) {
    batch_limit = outgoing.entries.size() / 2;
    if (from_spool)
      spool.not_taken();
    put_back();
  } else {
    ++dropped;
    log->warn("the control plane refuses a log entry of "
              + std::to_string(outgoing.entries.front()->size())
              + " bytes: " + describe(err) + "; it is dropped ("
              + std::to_string(dropped) + " so far)");
    if (from_spool)
      spool.taken(outgoing);
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
                                             session_log_settings settings,
                                             logger log) {
  auto& state = self->state;
  state.self = self;
  state.control_plane = std::move(control_plane);
  state.settings = std::move(settings);
  state.hidden = hidden_in_json(state.settings.secrets);
  state.log = std::move(log);
  state.open_spool();
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
