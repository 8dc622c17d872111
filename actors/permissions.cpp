#include "actors/permissions.hpp"

#include "messages/identity.hpp"
#include "messages/wire/notifications.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace agent_server {

namespace {

constexpr auto no_publishing =
  "Publishing is switched off for this run: do not push, and do not create or "
  "change pull requests.";
constexpr auto asked_in_thread =
  "The question was posted in the Slack thread that this task came from. The "
  "answer will come as the next message: end your turn now, and do not go on "
  "without it.";
constexpr auto session_ends = "Session is shutting down.";
constexpr auto too_many = "Too many questions are open already.";

// Who closed a request, as the log names them.
constexpr auto by_client = "client";
constexpr auto by_deadline = "deadline";
constexpr auto by_agent = "agent";
constexpr auto by_session = "session";

} // namespace

caf::result<permission_answer>
permissions_state::ask(const permission_question& question) {
  if (ended)
    return refused(question, session_ends);
  auto call = read_permission_call(question.tool_call_json);
  if (question.options.empty())
    return decided(question, call);
  switch (first_step(call, settings, {mode, clients > 0, left_alone})) {
    case permission_step::ask_in_thread: return ask_in_thread(question, call);
    case permission_step::refuse_publishing:
      log->info("a command that publishes was refused: this run must not");
      return refused(question, no_publishing);
    case permission_step::wait: return put(question, std::move(call), false);
    case permission_step::wait_until_deadline:
      return put(question, std::move(call), true);
    case permission_step::decide: break;
  }
  return decided(question, call);
}

caf::result<permission_answer>
permissions_state::put(const permission_question& question,
                       permission_call call, bool until_deadline) {
  const auto size =
    question.options_json.size() + question.tool_call_json.size();
  if (open.size() >= max_open_permissions
      || (!open.empty() && open_bytes + size > max_open_permission_bytes))
    return refused(question, too_many);
  open_request next;
  next.request_id = random_uuid();
  next.number = ++last_number;
  next.question = question;
  next.call = std::move(call);
  next.promise = self->make_response_promise<permission_answer>();
  next.span = trace::begin_span("permission: answer");
  next.size = size;
  open_bytes += size;
  if (until_deadline)
    self->delayed_send(self, settings.deadline,
                       alarm{0, next.number, trace::current_cause()});
  log->info("permission request " + next.request_id + " waits for an answer"
            + (until_deadline
                 ? ", for " + std::to_string(settings.deadline.count()) + " ms"
                 : std::string{}));
  // From here on the event stream keeps them.
  const auto options = std::exchange(next.question.options_json, {});
  const auto tool_call = std::exchange(next.question.tool_call_json, {});
  self->send(peers.session_log, make_entry(permission_request_notification(
                                  next.request_id, options, tool_call)));
  self->send(peers.event_stream,
             announce_permission{
               next.request_id,
               std::make_shared<const std::string>(permission_request_event(
                 next.request_id, options, tool_call))});
  const auto promise = next.promise;
  open.push_back(std::move(next));
  return promise;
}

caf::result<permission_answer>
permissions_state::ask_in_thread(const permission_question& question,
                                 const permission_call& call) {
  auto promise = self->make_response_promise<permission_answer>();
  auto text = question_message(question.tool_call_json);
  if (text.empty())
    text = question.title;
  self
    ->request(peers.control_plane, caf::infinite,
              relay_message{std::move(text)})
    .then(
      [this, promise, question](const message_relayed&) mutable {
        // Before the turn can end for it.
        if (peers.turn_relay)
          self->send(peers.turn_relay, question_posted{});
        promise.deliver(refused(question, asked_in_thread));
      },
      [this, promise, question, call](const caf::error& err) mutable {
        log->warn("a question could not be posted: " + describe(err));
        promise.deliver(decided(question, call));
      });
  return promise;
}

caf::result<permission_resolved>
permissions_state::answer(const answer_permission& given) {
  const auto found =
    std::find_if(open.begin(), open.end(), [&](const open_request& request) {
      return request.request_id == given.request_id;
    });
  if (found == open.end())
    return make_failure(ec::invalid_params,
                        "No pending permission request found for id: "
                          + given.request_id);
  const auto& options = found->question.options;
  const bool offered =
    std::any_of(options.begin(), options.end(), [&](const auto& option) {
      return option.id == given.answer.option_id;
    });
  if (!offered)
    return make_failure(ec::invalid_params,
                        "Option \"" + given.answer.option_id
                          + "\" was not offered for permission request "
                          + given.request_id);
  left_alone = false;
  resolve(found, completed(given.answer, found->question, found->call),
          by_client);
  return permission_resolved{};
}

void permissions_state::withdraw(const std::string& question_id) {
  const auto found =
    std::find_if(open.begin(), open.end(), [&](const open_request& request) {
      return request.question.id == question_id;
    });
  if (found != open.end())
    resolve(found, {}, by_agent);
}

void permissions_state::expired(std::uint32_t number) {
  const auto found =
    std::find_if(open.begin(), open.end(), [&](const open_request& request) {
      return request.number == number;
    });
  if (found == open.end())
    return;
  left_alone = true;
  log->warn("nobody answered permission request " + found->request_id
            + " within " + std::to_string(settings.deadline.count())
            + " ms: it is decided without an answer");
  resolve(found, decided(found->question, found->call), by_deadline);
}

void permissions_state::count_clients(std::size_t attached) {
  if (attached > clients)
    left_alone = false;
  clients = attached;
}

void permissions_state::end() {
  ended = true;
  while (!open.empty())
    resolve(open.begin(), refused(open.front().question, session_ends),
            by_session);
}

void permissions_state::resolve(requests::iterator request,
                                const permission_answer& answer,
                                const char* by) {
  auto closed = std::move(*request);
  open.erase(request);
  open_bytes -= closed.size;
  trace::end_span(closed.span);
  self->send(peers.event_stream, retract_permission{closed.request_id});
  const auto entry = make_entry(
    permission_resolved_notification(closed.request_id, answer.option_id, by));
  self->send(peers.event_stream, entry);
  self->send(peers.session_log, entry);
  closed.promise.deliver(answer);
}

client_permissions_actor::behavior_type
permissions(permissions_self* self, permission_peers peers,
            permission_settings settings, logger log) {
  auto& state = self->state;
  state.self = self;
  state.peers = std::move(peers);
  state.settings = std::move(settings);
  state.log = std::move(log);
  self->send(
    state.peers.event_stream,
    client_watch_actor{caf::actor_cast<client_permissions_actor>(self)});
  return {
    [self](const permission_question& question) {
      return self->state.ask(question);
    },
    [self](const withdraw_permission& m) { self->state.withdraw(m.id); },
    [self](const answer_permission& given) {
      return self->state.answer(given);
    },
    [self](const session_mode& m) { self->state.mode = m.mode; },
    [self](const end_permissions&) {
      self->state.end();
      return permissions_ended{};
    },
    [self](const clients_changed& m) { self->state.count_clients(m.attached); },
    [self](const alarm& a) {
      trace::scope scope{a.armed_by};
      self->state.expired(a.round);
    },
  };
}

} // namespace agent_server
