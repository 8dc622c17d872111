#include "actors/resume_log.hpp"

#include "actors/resume_prompt.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace agent_server {

namespace {

/// It becomes a part of a URL.
bool is_run_id(std::string_view text) {
  constexpr std::size_t longest = 256;
  return !text.empty() && text.size() <= longest
         && std::all_of(text.begin(), text.end(), [](char c) {
              return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                     || (c >= '0' && c <= '9') || c == '-' || c == '_';
            });
}

} // namespace

caf::result<earlier_run> resume_log_state::begin(const load_earlier_run& m) {
  if (current)
    return make_failure(ec::internal, "a log is being loaded already");
  auto& next = current.emplace();
  next.run_id = m.run_id;
  next.promise = self->make_response_promise<earlier_run>();
  const auto promise = next.promise;
  if (!is_run_id(m.run_id)) {
    give_up("that is no run id");
    return promise;
  }
  self->request(control_plane, caf::infinite, get_run{m.run_id})
    .then(
      [this](const task_run& found) {
        if (!current)
          return;
        current->run_is_known = true;
        if (found.has_log)
          read_if_there();
        else
          give_up("it has no log");
      },
      [this](const caf::error& err) { give_up(describe(err)); });
  self->request(control_plane, caf::infinite, get_run_log{m.run_id})
    .then(
      [this](const run_log& found) {
        if (!current)
          return;
        current->lines = found.lines;
        read_if_there();
      },
      [this](const caf::error& err) { give_up(describe(err)); });
  return promise;
}

void resume_log_state::read_if_there() {
  if (current && current->run_is_known && current->lines)
    read_part();
}

void resume_log_state::read_part() {
  if (!current || !current->lines)
    return;
  const std::string_view lines{*current->lines};
  const auto part_end = std::min(lines.size(), current->read + log_part);
  while (current->read < part_end) {
    const auto end = std::min(lines.find('\n', current->read), lines.size());
    current->reader.take(lines.substr(current->read, end - current->read));
    current->read = end + 1;
  }
  if (current->read < lines.size())
    self->send(self, alarm{0, 0, trace::current_cause()});
  else
    finish();
}

void resume_log_state::finish() {
  auto conversation = current->reader.finish();
  if (conversation.bad_lines > 0)
    log->warn(std::to_string(conversation.bad_lines)
              + " lines of the log of run " + current->run_id
              + " are not log entries and were passed over");
  if (conversation.turns.empty() && !conversation.checkpoint) {
    give_up("its log holds no conversation");
    return;
  }
  log->info("resuming from run " + current->run_id + ": "
            + std::to_string(conversation.turns.size()) + " turns"
            + (conversation.checkpoint ? " and a checkpoint" : ""));
  auto promise = current->promise;
  current.reset();
  promise.deliver(earlier_run{history_text(conversation),
                              std::move(conversation.checkpoint)});
}

void resume_log_state::give_up(const std::string& why) {
  if (!current)
    return;
  log->warn("run " + current->run_id + " cannot be resumed: " + why
            + "; the session starts fresh");
  auto promise = current->promise;
  current.reset();
  promise.deliver(earlier_run{});
}

resume_log_actor::behavior_type resume_log(resume_log_self* self,
                                           control_plane_actor control_plane,
                                           logger log) {
  auto& state = self->state;
  state.self = self;
  state.control_plane = std::move(control_plane);
  state.log = std::move(log);
  return {
    [self](const load_earlier_run& m) { return self->state.begin(m); },
    [self](const alarm& a) {
      trace::scope scope{a.armed_by};
      self->state.read_part();
    },
  };
}

} // namespace agent_server
