#include "actors/agent/acp.hpp"

#include "actors/turn_failure.hpp"
#include "messages/redact.hpp"
#include "messages/wire/notifications.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace agent_server {

namespace {

constexpr std::int64_t method_not_found = -32601;
constexpr std::size_t shown_garbage = 200;

std::optional<std::uint64_t> own_id(const std::string& id) {
  std::uint64_t value = 0;
  const auto* end = id.data() + id.size();
  const auto [stop, problem] = std::from_chars(id.data(), end, value);
  if (problem != std::errc{} || stop != end)
    return std::nullopt;
  return value;
}

std::string error_sentence(const acp::incoming& in) {
  if (in.error_data.empty() || in.error_data == in.error_message)
    return in.error_message;
  // "Internal error" hides the agent's own words; they are what helps.
  if (in.error_message == "Internal error" || in.error_message.empty())
    return in.error_data;
  return in.error_message + ": " + in.error_data;
}

} // namespace

caf::result<agent_opened> acp_state::open() {
  if (gone)
    return gone;
  if (opening.pending())
    return make_failure(ec::internal, "the agent is being opened already");
  opening = self->make_response_promise<agent_opened>();
  send_initialize();
  return opening;
}

void acp_state::send_initialize() {
  const auto id = next_id++;
  calls[id] = {call_kind::initialize, launch_span, {}};
  write(acp::initialize_line(id));
}

void acp_state::replace(const replace_agent& m) {
  trace::end_span(launch_span, trace::outcome::dropped);
  calls.clear();
  gone = {};
  ++generation;
  launch_span = trace::begin_span("agent: initialize");
  self->send(peers.process, start_process{generation, m.plan});
  if (opening.pending())
    send_initialize();
}

caf::result<session_opened> acp_state::create(const open_session& m) {
  if (gone)
    return gone;
  creating = self->make_response_promise<session_opened>();
  const auto id = next_id++;
  calls[id] = {
    call_kind::session_new, trace::begin_span("agent: session/new"), {}};
  write(acp::session_new_line(id, acp::session_new_params(m.params, false)),
        acp::session_new_line(id, acp::session_new_params(m.params, true)));
  return creating;
}

caf::result<prompt_ended> acp_state::prompt(const prompt_agent& m) {
  if (gone)
    return gone;
  if (prompting.pending())
    return make_failure(ec::agent_error, "a prompt is under way");
  prompting = self->make_response_promise<prompt_ended>();
  turn_texts.clear();
  text_open = false;
  const auto id = next_id++;
  calls[id] = {
    call_kind::prompt, trace::begin_span("agent: session/prompt"), {}};
  write(acp::prompt_line(id, session_id, m.blocks, m.pull_request_context));
  return prompting;
}

void acp_state::cancel() {
  if (gone || session_id.empty())
    return;
  for (const auto& id : withdraw_permissions())
    write(acp::permission_answer_line(id, {}));
  write(acp::cancel_line(session_id));
}

caf::result<config_options> acp_state::set_option(const set_agent_option& m) {
  if (gone)
    return gone;
  if (changes.size() > max_waiting_options)
    return make_failure(ec::agent_error,
                        "too many config options wait to be set; try again");
  changes.push_back({m, self->make_response_promise<config_options>()});
  const auto promise = changes.back().promise;
  if (changes.size() == 1)
    begin_change();
  return promise;
}

void acp_state::begin_change() {
  const bool by_mode_or_model = !options.empty() && !has_config_options;
  send_option(changes.front().option, by_mode_or_model
                                        ? call_kind::set_mode_or_model
                                        : call_kind::set_config_option);
}

template <class Result>
void acp_state::end_change(Result result) {
  auto done = std::move(changes.front());
  changes.pop_front();
  done.promise.deliver(std::move(result));
  if (!changes.empty())
    begin_change();
}

void acp_state::option_expired(std::uint64_t id) {
  const auto found = calls.find(id);
  if (found == calls.end())
    return; // answered in time
  const auto option = found->second.option.id;
  trace::scope scope{
    trace::end_span(found->second.span, trace::outcome::error)};
  calls.erase(found);
  end_change(make_failure(ec::agent_error,
                          "the agent did not answer the change of " + option
                            + " within "
                            + std::to_string(option_timeout.count()) + " s"));
}

void acp_state::send_option(const set_agent_option& m, call_kind kind) {
  const auto id = next_id++;
  calls[id] = {kind, trace::begin_span("agent: set option"), m};
  self->delayed_send(
    self, option_timeout,
    alarm{static_cast<std::uint32_t>(id), 0, trace::current_cause()});
  if (kind == call_kind::set_config_option)
    write(acp::set_config_option_line(id, session_id, m.id, m.value));
  else if (m.id == "mode")
    write(acp::set_mode_line(id, session_id, m.value));
  else
    write(acp::set_model_line(id, session_id, m.value));
}

caf::result<agent_closed> acp_state::close() {
  closing = true;
  fail_everything(make_failure(ec::no_session, "the session is closing"));
  auto promise = self->make_response_promise<agent_closed>();
  self->request(peers.process, caf::infinite, stop_process{})
    .then(
      [promise](const process_stopped&) mutable {
        promise.deliver(agent_closed{});
      },
      [promise](caf::error& err) mutable { promise.deliver(std::move(err)); });
  return promise;
}

void acp_state::take_line(const process_line& m) {
  if (m.generation != generation || closing)
    return;
  const auto in = acp::parse(*m.line);
  switch (in.kind) {
    case acp::line_kind::garbage: take_garbage(*m.line); return;
    case acp::line_kind::result:
      publish(m.line);
      take_result(in);
      return;
    case acp::line_kind::error:
      publish(m.line);
      take_error(in);
      return;
    case acp::line_kind::request:
      publish(m.line);
      take_request(in);
      return;
    case acp::line_kind::notification:
      if (in.method == "session/update" && in.update == "agent_message_chunk")
        publish(m.line,
                in.has_text ? journal_kind::text_chunk
                            : journal_kind::other_chunk,
                in.text);
      else if (in.method == "session/update" && in.update == "agent_message")
        publish(m.line, journal_kind::message, in.text);
      else
        publish(m.line);
      take_update(in);
      return;
  }
}

void acp_state::take_garbage(const std::string& line) {
  ++garbage_lines;
  garbage_bytes += line.size();
  if (garbage_lines == 1)
    log->warn("the agent wrote a line that is not ACP: "
              + redacted(line, secrets).substr(0, shown_garbage));
  if (garbage_lines < max_garbage_lines && garbage_bytes < max_garbage_bytes)
    return;
  process_gone misbehaving;
  misbehaving.generation = generation;
  misbehaving.misbehaved = true;
  misbehaving.how = "does not speak ACP: its output begins with \""
                    + redacted(line, secrets).substr(0, shown_garbage) + "\"";
  process_ended(misbehaving);
  self->request(peers.process, caf::infinite, stop_process{})
    .then([](const process_stopped&) {},
          [this](const caf::error& err) {
            log->warn("the agent could not be stopped: " + describe(err));
          });
}

void acp_state::take_result(const acp::incoming& in) {
  const auto id = own_id(in.id);
  const auto found = id ? calls.find(*id) : calls.end();
  if (found == calls.end())
    return; // an answer to nothing we asked
  const auto done = found->second;
  calls.erase(found);
  trace::scope scope{trace::end_span(done.span)};
  switch (done.kind) {
    case call_kind::initialize:
      agent_name = in.agent_name;
      opening.deliver(
        agent_opened{in.agent_name, in.agent_version, generation});
      return;
    case call_kind::session_new:
      if (in.session_id.empty()) {
        creating.deliver(
          make_failure(ec::agent_refused,
                       "the agent answered session/new without a sessionId"));
        return;
      }
      session_id = in.session_id;
      has_config_options = !in.config_options.empty();
      options = has_config_options ? in.config_options
                                   : acp::options_of_modes(in.modes, in.models);
      creating.deliver(session_opened{session_id, {options}});
      return;
    case call_kind::prompt:
      withdraw_permissions();
      prompting.deliver(
        prompt_ended{in.stop_reason, std::move(turn_texts), {}});
      turn_texts.clear();
      return;
    case call_kind::set_config_option:
    case call_kind::set_mode_or_model:
      option_was_set(done, in.config_options);
      return;
  }
}

void acp_state::option_was_set(const call& done, const std::string& reported) {
  if (!reported.empty())
    options = reported;
  else if (!options.empty())
    options =
      acp::with_current_value(options, done.option.id, done.option.value);
  if (done.option.id == "mode"
      || acp::option_category(options, done.option.id) == "mode")
    self->send(peers.permissions, session_mode{done.option.value});
  end_change(config_options{options});
}

void acp_state::take_error(const acp::incoming& in) {
  const auto id = own_id(in.id);
  const auto found = id ? calls.find(*id) : calls.end();
  if (found == calls.end())
    return;
  const auto done = found->second;
  calls.erase(found);
  trace::scope scope{trace::end_span(done.span, trace::outcome::error)};
  const auto text = redacted(error_sentence(in), secrets);
  switch (done.kind) {
    case call_kind::initialize:
      opening.deliver(make_failure(ec::agent_refused,
                                   "the agent refused initialize: " + text));
      return;
    case call_kind::session_new:
      creating.deliver(make_failure(ec::agent_refused,
                                    "the agent refused session/new: " + text));
      return;
    case call_kind::prompt:
      withdraw_permissions();
      prompting.deliver(
        make_failure(failure_code(in.error_classification), text));
      return;
    case call_kind::set_config_option:
      // An agent without config options may still know modes and models.
      if (in.error_code == method_not_found && options.empty()
          && (done.option.id == "mode" || done.option.id == "model")) {
        send_option(done.option, call_kind::set_mode_or_model);
        return;
      }
      [[fallthrough]];
    case call_kind::set_mode_or_model:
      end_change(make_failure(ec::agent_error, text));
      return;
  }
}

void acp_state::take_request(const acp::incoming& in) {
  if (in.method == "session/request_permission")
    ask_permission(in);
  else
    write(acp::method_not_found_line(in.id, in.method));
}

void acp_state::ask_permission(const acp::incoming& in) {
  auto question = in.permission;
  question.id = std::to_string(++last_question);
  const auto id = question.id;
  open_permissions[id] = in.id;
  self->request(peers.permissions, caf::infinite, std::move(question))
    .then(
      [this, id](const permission_answer& answer) {
        answer_permission(id, answer);
      },
      [this, id](const caf::error& err) {
        log->warn("a permission question could not be put: " + describe(err));
        answer_permission(id, {});
      });
}

void acp_state::answer_permission(const std::string& question,
                                  const permission_answer& answer) {
  const auto found = open_permissions.find(question);
  if (found == open_permissions.end())
    return; // cancelled, or the turn is over
  const auto id = found->second;
  open_permissions.erase(found);
  write(acp::permission_answer_line(id, answer));
}

std::vector<std::string> acp_state::withdraw_permissions() {
  std::vector<std::string> ids;
  for (auto& [question, id] : std::exchange(open_permissions, {})) {
    self->send(peers.permissions, withdraw_permission{question});
    ids.push_back(std::move(id));
  }
  return ids;
}

void acp_state::take_update(const acp::incoming& in) {
  if (in.method != "session/update")
    return;
  if (in.update == "agent_message_chunk" && in.has_text) {
    if (!text_open)
      turn_texts.emplace_back();
    text_open = true;
    turn_texts.back() += in.text;
    return;
  }
  text_open = false;
  if (in.update == "agent_message" && !in.text.empty()) {
    turn_texts.push_back(in.text);
  } else if (in.update == "config_option_update"
             && !in.config_options.empty()) {
    options = in.config_options;
    has_config_options = true;
    self->send(observer, agent_options_changed{{options}});
  } else if (in.update == "current_mode_update") {
    if (!options.empty())
      options = acp::with_current_value(options, "mode", in.current_mode);
    self->send(peers.permissions, session_mode{in.current_mode});
    self->send(observer, agent_mode_changed{in.current_mode});
  }
}

void acp_state::process_ended(const process_gone& m) {
  if (m.generation != generation || gone)
    return;
  trace::scope scope{launch_span != 0 && opening.pending()
                       ? trace::end_span(launch_span, trace::outcome::error)
                       : trace::current_cause()};
  auto text = m.not_started ? m.how : "the agent " + m.how;
  if (!m.stderr_tail.empty()) {
    // Cut after redaction: half a secret would not be recognised.
    auto words = redacted(m.stderr_tail, secrets);
    if (words.size() > max_last_words)
      words.erase(0, words.size() - max_last_words);
    text += "; its last words: " + words;
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.pop_back();
  const auto code = m.not_started  ? ec::agent_not_found
                    : m.misbehaved ? ec::agent_refused
                                   : ec::agent_crashed;
  gone = make_failure(code, text);
  fail_everything(gone);
  if (!closing && observer)
    self->send(observer, agent_gone{text, code});
}

void acp_state::write(std::string line) {
  auto shown = line;
  write(std::move(line), std::move(shown));
}

void acp_state::write(std::string line, std::string shown) {
  self->send(peers.process,
             write_line{generation,
                        std::make_shared<const std::string>(std::move(line))});
  publish(std::make_shared<const std::string>(std::move(shown)));
}

void acp_state::publish(std::shared_ptr<const std::string> line,
                        journal_kind kind, std::string text) {
  const journal_entry entry{std::chrono::system_clock::now(), std::move(line),
                            kind, std::move(text)};
  self->send(peers.event_log, entry);
  self->send(peers.session_log, entry);
}

void acp_state::fail_everything(const caf::error& err) {
  for (const auto& [id, open_call] : std::exchange(calls, {}))
    if (open_call.kind != call_kind::initialize)
      trace::end_span(open_call.span, trace::outcome::error);
  withdraw_permissions();
  if (opening.pending())
    opening.deliver(err);
  if (creating.pending())
    creating.deliver(err);
  if (prompting.pending())
    prompting.deliver(err);
  for (auto& change : std::exchange(changes, {}))
    change.promise.deliver(err);
}

acp_actor::behavior_type acp_agent(acp_self* self, acp_peers peers,
                                   first_launch first,
                                   std::vector<secret> secrets, logger log) {
  auto& state = self->state;
  state.self = self;
  state.peers = std::move(peers);
  state.launch_span = first.span;
  state.gone = std::move(first.problem);
  state.secrets = std::move(secrets);
  state.log = std::move(log);
  self->send(state.peers.process,
             process_owner_actor{caf::actor_cast<agent_actor>(self)});
  return {
    [self](const process_line& m) { self->state.take_line(m); },
    [self](const process_gone& m) { self->state.process_ended(m); },
    [self](const agent_observer_actor& who) { self->state.observer = who; },
    [self](const open_agent&) { return self->state.open(); },
    [self](const replace_agent& m) { self->state.replace(m); },
    // An ACP agent reads the repository when its session opens.
    [](const repository_ready&) {},
    [self](const open_session& m) { return self->state.create(m); },
    [self](const prompt_agent& m) { return self->state.prompt(m); },
    [](const steer_agent&) {
      return steered{false, "this agent takes no message while its turn runs"};
    },
    [self](const cancel_prompt&) { self->state.cancel(); },
    [self](const set_agent_option& m) { return self->state.set_option(m); },
    [](const context_window_known&) {},
    [](const refresh_agent&) -> caf::result<agent_refreshed> {
      return make_failure(ec::agent_error,
                          "this agent's MCP servers cannot be changed while it "
                          "runs");
    },
    [self](const close_agent&) { return self->state.close(); },
    [self](const alarm& a) {
      trace::scope scope{a.armed_by};
      self->state.option_expired(a.what);
    },
  };
}

} // namespace agent_server
