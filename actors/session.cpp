#include "actors/session.hpp"

#include "actors/agent/system_prompt.hpp"
#include "actors/attachments.hpp"
#include "actors/first_prompt.hpp"
#include "actors/turn_failure.hpp"
#include "actors/turn_relay.hpp"
#include "messages/model_table.hpp"
#include "messages/wire/content_blocks.hpp"
#include "messages/wire/notifications.hpp"
#include "messages/wire/task_api.hpp"

#include <caf/send.hpp>
#include <utility>

namespace agent_server {

void session_actor_state::begin_phase(boot_phase phase,
                                      std::chrono::milliseconds deadline) {
  self->send(peers.health, phase_began{phase, deadline});
  self->delayed_send(self, deadline,
                     alarm{static_cast<std::uint32_t>(phase), agent_generation,
                           trace::current_cause()});
}

void session_actor_state::end_phase(boot_phase phase) {
  self->send(peers.health, phase_ended{phase});
}

void session_actor_state::publish(std::string notification) {
  const auto entry = make_entry(std::move(notification));
  self->send(peers.event_log, entry);
  self->send(peers.session_log, entry);
}

void session_actor_state::patch_run(std::string body, const char* what) {
  self->request(peers.control_plane, caf::infinite, update_run{std::move(body)})
    .then([](const run_updated&) {},
          [this, what](const caf::error& err) {
            log->warn(std::string{what} + " failed: " + describe(err));
          });
}

std::string session_actor_state::current_options() const {
  return agent_options.empty() ? options.to_json() : agent_options;
}

void session_actor_state::first_turn() {
  if (resuming.loading)
    return; // comes back once the log is there
  if (context->fetched_task || !resuming.found.history.empty()
      || !needs_description(context->run)) {
    start_first_turn(context->fetched_task);
    return;
  }
  self->request(peers.task_fetch, caf::infinite, fetch_task_again{})
    .then([this](const task& found) { start_first_turn(found); },
          [this](const caf::error& err) {
            if (now != stage::ready)
              return;
            first_turn_decided = true;
            last_failure = describe(err);
            first_turn_failed(err, false);
            run_next_prompt();
          });
}

void session_actor_state::start_first_turn(const std::optional<task>& found) {
  first_turn_decided = true;
  const auto history = std::exchange(resuming.found.history, {});
  auto chosen = history.empty() ? choose_first_prompt(context->run, found)
                                : choose_resume_prompt(context->run, history,
                                                       resuming.restored);
  for (const auto& refusal : chosen.refusals)
    log->warn(refusal);
  if (chosen.empty()) {
    log->info("the task has nothing to say: waiting for a message");
    run_next_prompt();
    return;
  }
  turn first;
  first.blocks = std::move(chosen.blocks);
  first.attachments = std::move(chosen.attachments);
  first.closing = std::move(chosen.closing);
  first.resumes = !history.empty();
  first.first = true;
  first.consumed_keys = std::move(chosen.consumed_keys);
  prompts.push_front(std::move(first));
  run_next_prompt();
}

void session_actor_state::first_turn_failed(const caf::error& err,
                                            bool resumes) {
  const auto failure = classify_failure(err);
  log->error(std::string{resumes ? "send_resume_task_message_failed ("
                                 : "send_initial_task_message_failed ("}
             + failure.classification + "): " + describe(err));
  patch_run(task_api::failed_body(failure.message), "marking the run failed");
}

void session_actor_state::clear_consumed_keys(
  const std::vector<std::string>& keys) {
  if (!keys.empty())
    patch_run(task_api::remove_keys_body(keys), "clearing the pending message");
}

void session_actor_state::run_next_prompt() {
  if (now != stage::ready || !first_turn_decided || refreshing)
    return;
  const auto* next = prompts.begin_next();
  if (next == nullptr) {
    tell_if_idle();
    return;
  }
  if (next->attachments.empty())
    prompt_the_agent(*next, next->closing.empty()
                              ? next->blocks
                              : joined_blocks({next->blocks, next->closing}));
  else
    fetch_attachments_of(*next);
}

void session_actor_state::prompt_the_agent(const turn& running,
                                           std::string blocks) {
  prompt_agent order{std::move(blocks)};
  if (!running.first)
    order.pull_request_context =
      pull_request_context(config(), pull_request_url);
  self->request(peers.agent, caf::infinite, std::move(order))
    .then([this](const prompt_ended& done) { take_prompt_end(done); },
          [this](const caf::error& err) { prompt_failed(err); });
}

// Output in the task's form belongs to the turn: it fails with it.
void session_actor_state::take_prompt_end(const prompt_ended& done) {
  if (done.structured_output.empty()) {
    prompt_finished(done);
    return;
  }
  self
    ->request(peers.control_plane, caf::infinite,
              agent_server::set_output{done.structured_output})
    .then([this, done](const output_set&) { prompt_finished(done); },
          [this](const caf::error& err) { prompt_failed(err); });
}

void session_actor_state::prompt_finished(const prompt_ended& done) {
  auto ended = prompts.end();
  last_failure.clear();
  publish(turn_complete(session_id, done.stop_reason));
  if (done.stop_reason == "end_turn")
    self->send(peers.workspace, sync_branch{});
  if (ended.first)
    clear_consumed_keys(ended.consumed_keys);
  tell_relay(done.stop_reason == "end_turn" ? done.texts
                                            : std::vector<std::string>{});
  if (ended.caller.pending())
    ended.caller.deliver(
      user_message_done{done.stop_reason, joined(done.texts)});
  run_next_prompt();
}

void session_actor_state::prompt_failed(const caf::error& err) {
  auto ended = prompts.end();
  last_failure = describe(err);
  // A turn that failed has ended too; callers wait for the word.
  publish(turn_complete(session_id, "error"));
  tell_relay({});
  // A turn cut short by the end of the session is no failure of the run.
  if (ended.first && now == stage::ready)
    first_turn_failed(err, ended.resumes);
  if (ended.caller.pending())
    ended.caller.deliver(err);
  run_next_prompt();
}

void session_actor_state::tell_relay(std::vector<std::string> texts) {
  if (peers.turn_relay)
    self->send(peers.turn_relay, turn_said{std::move(texts)});
}

caf::result<user_message_done>
session_actor_state::queue_message(const user_message& m) {
  if (now != stage::ready)
    return make_failure(ec::no_session, "No active session for this run");
  std::vector<std::string> refusals;
  turn next;
  next.blocks = m.blocks;
  next.attachments = fetchable(m.attachments, refusals);
  for (const auto& refusal : refusals)
    log->warn(refusal);
  if (next.blocks.empty() && next.attachments.empty())
    return make_failure(ec::invalid_params, "User message cannot be empty");
  next.caller = self->make_response_promise<user_message_done>();
  const auto promise = next.caller;
  if (!prompts.push(std::move(next)))
    return make_failure(ec::agent_error,
                        "too many messages wait for the running turn");
  run_next_prompt();
  return promise;
}

caf::result<steered> session_actor_state::steer(const steer_turn& m) {
  if (now != stage::ready)
    return make_failure(ec::no_session, "No active session for this run");
  if (!prompts.running())
    return steered{false, "no turn is running"};
  auto promise = self->make_response_promise<steered>();
  self->request(peers.agent, caf::infinite, steer_agent{m.blocks})
    .then(
      [promise](const steered& answer) mutable { promise.deliver(answer); },
      [promise](caf::error& err) mutable { promise.deliver(std::move(err)); });
  return promise;
}

caf::result<turn_cancelled> session_actor_state::cancel() {
  if (now != stage::ready)
    return make_failure(ec::no_session, "No active session for this run");
  cancelled_while_fetching = fetching_attachments;
  self->send(peers.agent, cancel_prompt{});
  return turn_cancelled{};
}

caf::result<config_options>
session_actor_state::set_option(const set_config_option& m) {
  if (now != stage::ready)
    return make_failure(ec::no_session, "No active session for this run");
  auto promise = self->make_response_promise<config_options>();
  const bool unknown_model = agent_options.empty() && m.id == "model"
                             && !options.offered && !gateway.empty()
                             && !options.accepts(m.id, m.value);
  if (!unknown_model) {
    apply_option(m, promise);
    return promise;
  }
  self->request(peers.catalog, option_refresh_wait, get_models{gateway})
    .then(
      [this, m, promise](const models& found) {
        take_models(found.list);
        apply_option(m, promise);
      },
      [this, m, promise](const caf::error&) { apply_option(m, promise); });
  return promise;
}

void session_actor_state::apply_option(
  const set_config_option& m,
  caf::typed_response_promise<config_options> promise) {
  set_agent_option wanted{m.id, m.value, {}};
  if (agent_options.empty()) {
    auto changed = options;
    if (auto err = changed.set(m.id, m.value)) {
      promise.deliver(std::move(err));
      return;
    }
    if (m.id == "model")
      wanted.value = changed.model;
    wanted.effort = changed.effort;
  }
  self->request(peers.agent, caf::infinite, std::move(wanted))
    .then(
      [this, m, promise](const config_options& reported) mutable {
        if (!reported.json.empty())
          agent_options = reported.json;
        else if (auto err = options.set(m.id, m.value)) {
          // What was changed meanwhile does not go with it.
          promise.deliver(std::move(err));
          return;
        }
        tell_context_window();
        promise.deliver(config_options{current_options()});
      },
      [promise](caf::error& err) mutable { promise.deliver(std::move(err)); });
}

caf::result<session_refreshed>
session_actor_state::refresh(const refresh_session& m) {
  if (now != stage::ready)
    return make_failure(ec::no_session, "No active session for this run");
  if (m.mcp_servers.empty())
    return session_refreshed{};
  if (prompts.running() || refreshing)
    return make_failure(ec::agent_error,
                        "Cannot refresh session while a prompt "
                        "turn is in flight");
  if (!takes_mcp_servers(options.model))
    return make_failure(ec::invalid_params,
                        "Model " + options.model
                          + " does not support MCP injection; cannot refresh");
  auto promise = self->make_response_promise<session_refreshed>();
  refreshing = true;
  self->request(peers.agent, refresh_timeout, refresh_agent{m.mcp_servers})
    .then(
      [this, promise](const agent_refreshed&) mutable {
        refreshing = false;
        promise.deliver(session_refreshed{});
        run_next_prompt();
      },
      [this, promise](caf::error& err) mutable {
        refreshing = false;
        run_next_prompt();
        if (err == caf::sec::request_timeout)
          err = make_failure(ec::agent_error,
                             "Session refresh timed out for " + session_id);
        promise.deliver(std::move(err));
      });
  return promise;
}

caf::result<session_idle> session_actor_state::wait_until_idle() {
  if (now != stage::starting && now != stage::ready)
    return make_failure(ec::no_session, "there is no session");
  auto promise = self->make_response_promise<session_idle>();
  waiting_for_idle.push_back(promise);
  tell_if_idle();
  return promise;
}

void session_actor_state::tell_if_idle() {
  if (now == stage::starting)
    return;
  if (now == stage::ready && (!first_turn_decided || prompts.running()))
    return;
  for (auto& promise : std::exchange(waiting_for_idle, {})) {
    if (now == stage::ready)
      promise.deliver(session_idle{last_failure});
    else
      promise.deliver(make_failure(ec::no_session, "the session has ended"));
  }
}

void session_actor_state::lose_agent(const agent_gone& m) {
  give_up(make_failure(m.failure_class, m.how));
  if (now != stage::ready)
    return;
  now = stage::failed;
  tell_if_idle();
  log->error("the agent is gone: " + m.how);
  for (auto& waiting : prompts.drop_waiting())
    if (waiting.caller.pending())
      waiting.caller.deliver(make_failure(ec::agent_crashed, m.how));
  self->send(peers.health, boot_failed{ec::agent_crashed, m.how, {}});
}

void session_actor_state::take_mode(const agent_mode_changed& m) {
  options.set("mode", m.mode);
  if (m.announced || now != stage::ready)
    return;
  publish(config_option_update(session_id, current_options()));
  publish(current_mode_update(session_id, m.mode));
}

caf::result<session_closed> session_actor_state::close(const close_session& m) {
  if (now == stage::closed)
    return session_closed{};
  auto promise = self->make_response_promise<session_closed>();
  waiting_for_close.push_back(promise);
  if (now == stage::closing)
    return promise;
  now = stage::closing;
  callers_clone = m.local;
  for (auto& waiting : prompts.drop_waiting())
    if (waiting.caller.pending())
      waiting.caller.deliver(
        make_failure(ec::no_session, "the session is closing"));
  tell_if_idle();
  self->send(peers.health, boot_closed{});
  // Before the agent is gone, so that it hears what became of its questions.
  self->request(peers.permissions, caf::infinite, end_permissions{})
    .then([this](const permissions_ended&) { close_agent_and_log(); },
          [this](const caf::error&) { close_agent_and_log(); });
  return promise;
}

void session_actor_state::close_agent_and_log() {
  self->request(peers.agent, caf::infinite, close_agent{})
    .then([this](const agent_closed&) { save_last_checkpoint(); },
          [this](const caf::error&) { save_last_checkpoint(); });
}

// Once the agent changes nothing more, and before the log that tells of it.
void session_actor_state::save_last_checkpoint() {
  self->send(peers.lifecycle, close_takes{last_checkpoint_limit});
  self
    ->request(peers.workspace, last_checkpoint_limit,
              save_checkpoint{callers_clone})
    .then([this](const checkpoint_saved&) { deliver_log(); },
          [this](const caf::error& err) {
            log->warn("the last checkpoint could not be saved: "
                      + describe(err));
            deliver_log();
          });
}

void session_actor_state::deliver_log() {
  self->send(peers.lifecycle, close_takes{last_log_limit});
  self->request(peers.session_log, caf::infinite, flush_log{})
    .then([this](const log_flushed&) { closed(); },
          [this](const caf::error&) { closed(); });
}

void session_actor_state::closed() {
  now = stage::closed;
  for (auto& promise : std::exchange(waiting_for_close, {}))
    promise.deliver(session_closed{});
}

session_actor::behavior_type session(session_self* self, session_peers peers,
                                     session_setup setup, logger log) {
  auto& state = self->state;
  state.self = self;
  state.peers = std::move(peers);
  state.setup = std::move(setup);
  state.log = std::move(log);
  state.facts = state.setup.guess;
  state.start();
  return {
    [self](const agent_gone& m) { self->state.lose_agent(m); },
    [self](const agent_options_changed& m) {
      self->state.agent_options = m.options.json;
    },
    [self](const agent_mode_changed& m) { self->state.take_mode(m); },
    [self](const pull_request_found& m) {
      self->state.pull_request_url = m.url;
    },
    [self](const get_session_state&) {
      return session_state{self->state.now == session_actor_state::stage::ready,
                           self->state.config().control_plane.run_id};
    },
    [self](const user_message& m) { return self->state.queue_message(m); },
    [self](const steer_turn& m) { return self->state.steer(m); },
    [self](const cancel_turn&) { return self->state.cancel(); },
    [self](const set_config_option& m) { return self->state.set_option(m); },
    [self](const refresh_session& m) { return self->state.refresh(m); },
    [self](const await_idle&) { return self->state.wait_until_idle(); },
    [self](const close_session& m) { return self->state.close(m); },
    [self](const alarm& a) {
      trace::scope scope{a.armed_by};
      if (a.what == follow_catalog_alarm)
        self->state.follow_catalog();
      else
        self->state.phase_expired(static_cast<boot_phase>(a.what), a.round);
    },
  };
}

} // namespace agent_server
