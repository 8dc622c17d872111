// The boot of a session: a graph whose steps start as soon as their inputs are
// there. What comes after readiness is in session.cpp.
#include "actors/session.hpp"

#include "actors/agent/system_prompt.hpp"
#include "actors/first_prompt.hpp"
#include "messages/model_table.hpp"
#include "messages/wire/acp.hpp"
#include "messages/wire/notifications.hpp"
#include "messages/wire/task_api.hpp"

#include <algorithm>
#include <utility>

namespace agent_server {

namespace {

// Marking the run failed must not hold up the end of the process.
constexpr std::chrono::milliseconds last_word_timeout{1'500};

constexpr const char* create_step = "session/new";
constexpr const char* ready_step = "ready";

} // namespace

void session_actor_state::start() {
  self->send(peers.agent,
             agent_observer_actor{caf::actor_cast<session_actor>(self)});
  self->send(peers.workspace,
             workspace_observer_actor{caf::actor_cast<session_actor>(self)});
  const auto& limits = config().limits;
  begin_phase(boot_phase::context_fetch, limits.context_fetch);
  self->request(peers.task_fetch, caf::infinite, fetch_context{})
    .then([this](const task_context& found) { take_context(found); },
          [this](const caf::error& err) { give_up(err); });
  begin_phase(boot_phase::acp_initialize, limits.acp_initialize);
  open_the_agent();
  if (config().resume_run_id)
    resume(*config().resume_run_id);
  await_repository();
  if (config().gateway_url)
    warm_catalog();
}

void session_actor_state::open_the_agent() {
  self->request(peers.agent, caf::infinite, open_agent{})
    .then(
      [this](const agent_opened& found) {
        if (found.generation != agent_generation) {
          open_the_agent(); // the answer of a process that was replaced
          return;
        }
        trace::note_arrival(create_step);
        agent_open = true;
        end_phase(boot_phase::acp_initialize);
        log->info("agent: " + (found.name.empty() ? "unnamed" : found.name)
                  + " " + found.version);
        create_session_if_ready();
      },
      [this](const caf::error& err) { give_up(err); });
}

void session_actor_state::await_repository() {
  if (!config().repo_ready_file) {
    repository_came = true;
    settle_repository();
    return;
  }
  const auto deadline = config().limits.repository_ready;
  begin_phase(boot_phase::repository_ready, deadline);
  self
    ->request(peers.file_watch, caf::infinite,
              await_file{*config().repo_ready_file, deadline})
    .then([this](const file_exists&) { make_directory(); },
          [this](const caf::error& err) { give_up(err); });
}

void session_actor_state::make_directory() {
  self
    ->request(peers.disk, caf::infinite,
              make_working_directory{config().working_directory(),
                                     config().repository_path.has_value()})
    .then(
      [this](const working_directory_made&) {
        repository_came = true;
        settle_repository();
      },
      [this](const caf::error& err) { give_up(err); });
}

void session_actor_state::enter_repository() {
  trace::note_arrival(create_step);
  repository_there = true;
  if (config().repo_ready_file || !resuming.run_id.empty()) {
    self->send(peers.agent, repository_ready{});
    end_phase(boot_phase::repository_ready);
  }
  settings_known = false;
  read_settings();
  create_session_if_ready();
}

void session_actor_state::read_settings() {
  auto known = [this](const std::string& model) {
    trace::note_arrival(drives_claude(config()) ? create_step : ready_step);
    settings_known = true;
    settings_model = model;
    create_session_if_ready();
    finish_if_ready();
  };
  if (setup.settings_files.empty()) {
    settings_known = true;
    return;
  }
  self
    ->request(peers.disk, caf::infinite,
              read_pinned_model{setup.settings_files})
    .then([known](const pinned_model& found) { known(found.model); },
          [this, known](const caf::error& err) {
            log->warn("the agent's settings could not be read: "
                      + describe(err));
            known({});
          });
}

void session_actor_state::take_context(const task_context& found) {
  if (!starting())
    return;
  trace::note_arrival(create_step);
  context = found;
  end_phase(boot_phase::context_fetch);
  if (found.run.resume_from_run_id)
    resume(*found.run.resume_from_run_id);
  launch_facts real;
  real.internal = found.fetched_task && found.fetched_task->internal;
  real.pull_request_url = found.run.slack_notified_pr_url.value_or("");
  real.session = facts.session;
  if (!setup.agent_program.empty())
    compare_with_guess(real);
  facts = real;
  warm_catalog();
  create_session_if_ready();
}

void session_actor_state::compare_with_guess(const launch_facts& real) {
  const auto& program = setup.agent_program;
  auto plan = make_launch_plan(config(), program, real, setup.process_mark);
  const auto guess =
    make_launch_plan(config(), program, facts, setup.process_mark);
  if (plan == guess)
    return;
  if (drives_claude(config())) {
    // It takes other variables while it runs.
    late_environment = changed_variables(guess.environment, plan.environment);
    return;
  }
  log->info("the agent was started on a wrong guess: starting it again");
  replace_the_agent(std::move(plan));
}

void session_actor_state::replace_the_agent(launch_plan plan) {
  self->send(peers.agent, replace_agent{std::move(plan)});
  if (drives_claude(config()))
    return; // its handshake begins with the session
  ++agent_generation;
  begin_phase(boot_phase::acp_initialize, config().limits.acp_initialize);
  if (std::exchange(agent_open, false))
    open_the_agent();
}

void session_actor_state::warm_catalog() {
  gateway = gateway_url(config(), facts.internal);
  if (!gateway.empty())
    self->send(peers.catalog, warm_models{gateway});
}

void session_actor_state::create_session_if_ready() {
  if (!starting() || creating || !context || !agent_open || !repository_there)
    return;
  const bool native = drives_claude(config());
  if (native && !settings_known)
    return;
  creating = true;
  begin_phase(boot_phase::session_create, config().limits.session_create);
  const auto prompt = make_system_prompt(config(), facts.pull_request_url);
  acp::session_params params;
  params.cwd = config().working_directory();
  params.mcp_servers = config().mcp_servers;
  params.run_id = config().control_plane.run_id;
  params.system_prompt = prompt.text;
  params.appends_system_prompt = prompt.appends;
  params.model = config().model;
  params.allowed_domains = config().allowed_domains;
  if (context->fetched_task)
    params.json_schema = context->fetched_task->json_schema;
  params.permission_mode =
    context->run.initial_permission_mode.value_or(setup.default_mode);
  params.plugins = config().claude_code.plugins;
  params.effort = config().effort;
  options.mode = params.permission_mode;
  options.bypass_allowed = setup.bypass_allowed;
  options.effort = config().effort.value_or("");
  self->send(peers.permissions, session_mode{params.permission_mode});
  open_session opening{std::move(params), late_environment, {}};
  if (native)
    complete(opening);
  self->request(peers.agent, caf::infinite, std::move(opening))
    .then([this](const session_opened& found) { take_session(found); },
          [this](const caf::error& err) { give_up(err); });
}

// A driver of ours is told at once what an ACP agent is told step by step.
void session_actor_state::complete(open_session& opening) const {
  const auto from_environment = config().model.value_or("");
  const bool pinned = !settings_model.empty() || !from_environment.empty();
  if (pinned || !gateway.empty())
    opening.params.model =
      initial_claude_model(settings_model, from_environment, nullptr);
  const bool described =
    context->fetched_task || !needs_description(context->run);
  if ((!pinned && !gateway.empty()) || !described || !resuming.run_id.empty())
    return;
  auto chosen = choose_first_prompt(context->run, context->fetched_task);
  if (chosen.attachments.empty())
    opening.first_prompt = std::move(chosen.blocks);
}

void session_actor_state::take_session(const session_opened& found) {
  if (!starting())
    return;
  trace::note_arrival(ready_step);
  opened = found;
  session_id = found.session_id;
  agent_options = found.options.json;
  end_phase(boot_phase::session_create);
  finish_if_ready();
}

void session_actor_state::finish_if_ready() {
  if (!starting() || !opened)
    return;
  // An agent that names its own options needs neither settings nor catalogue.
  if (!agent_options.empty() || gateway.empty()) {
    if (agent_options.empty())
      agent_options = "[]";
    become_ready();
    return;
  }
  if (!settings_known || waiting_for_models)
    return;
  const auto from_environment = config().model.value_or("");
  if (!settings_model.empty() || !from_environment.empty()) {
    options.model =
      initial_claude_model(settings_model, from_environment, nullptr);
    become_ready();
    return;
  }
  waiting_for_models = true;
  const auto deadline = config().limits.session_dependencies;
  begin_phase(boot_phase::session_dependencies, deadline);
  self->request(peers.catalog, caf::infinite, get_models{gateway})
    .then(
      [this](const models& found) {
        if (starting()) {
          trace::note_arrival(ready_step);
          end_phase(boot_phase::session_dependencies);
          options.offered = found.list;
          options.model = initial_claude_model({}, {}, found.list);
          tell_context_window();
          become_ready();
        } else {
          take_models(found.list);
        }
      },
      [this](const caf::error& err) {
        if (starting()) {
          trace::note_arrival(ready_step);
          log->warn("no model list (" + describe(err)
                    + "): the session starts with the default model");
          end_phase(boot_phase::session_dependencies);
          options.model = default_claude_model;
          become_ready();
        }
        waiting_for_models = false;
        follow_catalog_later();
      });
}

void session_actor_state::become_ready() {
  now = stage::ready;
  self->send(peers.health, boot_ready{});
  log->info("session " + session_id + " is ready");
  pull_request_url = facts.pull_request_url;
  self->send(peers.workspace, follow_session{session_id, pull_request_url});
  const auto& plane = config().control_plane;
  publish(sdk_session(plane.run_id, session_id,
                      config().adapter == runtime_adapter::codex ? "codex"
                                                                 : "claude"));
  publish(
    run_started(session_id, plane.run_id, plane.task_id, AGENT_SERVER_VERSION));
  self->send(peers.control_plane, boot_over{});
  patch_run(task_api::in_progress_body(), "marking the run in progress");
  follow_catalog();
  first_turn();
}

void session_actor_state::follow_catalog() {
  if (now != stage::ready || !agent_options.empty() || gateway.empty()
      || options.offered || waiting_for_models)
    return;
  self->request(peers.catalog, caf::infinite, get_models{gateway})
    .then([this](const models& found) { take_models(found.list); },
          [this](const caf::error&) { follow_catalog_later(); });
}

void session_actor_state::follow_catalog_later() {
  if (now != stage::ready || catalog_repeats >= max_catalog_repeats)
    return;
  const auto doublings = std::min<std::uint32_t>(catalog_repeats++, 10);
  self->delayed_send(
    self,
    std::min(longest_catalog_pause, first_catalog_pause * (1 << doublings)),
    alarm{follow_catalog_alarm, catalog_repeats, trace::current_cause()});
}

void session_actor_state::take_models(const model_list& list) {
  if (now != stage::ready || options.offered)
    return;
  options.offered = list;
  tell_context_window();
  publish(config_option_update(session_id, options.to_json()));
}

void session_actor_state::tell_context_window() {
  if (!options.offered)
    return;
  for (const auto& each : *options.offered)
    if (each.id == options.model && each.context_window > 0)
      self->send(peers.agent, context_window_known{each.context_window});
}

void session_actor_state::phase_expired(boot_phase phase,
                                        std::uint32_t generation) {
  if (!starting())
    return;
  const auto& limits = config().limits;
  auto seconds = [](std::chrono::milliseconds limit) {
    return std::to_string(limit.count()) + " ms";
  };
  switch (phase) {
    case boot_phase::context_fetch:
      if (!context)
        give_up(make_failure(ec::control_plane_unreachable,
                             "the control plane did not give the task and the "
                             "run within "
                               + seconds(limits.context_fetch)));
      return;
    case boot_phase::acp_initialize:
      if (!agent_open && generation == agent_generation)
        give_up(make_failure(ec::agent_handshake_timeout,
                             "the agent did not answer initialize within "
                               + seconds(limits.acp_initialize)));
      return;
    case boot_phase::repository_ready:
      // The file watch answers with its own error at the same time.
      return;
    case boot_phase::session_create:
      if (!opened)
        give_up(make_failure(ec::agent_handshake_timeout,
                             "the agent did not answer session/new within "
                               + seconds(limits.session_create)));
      return;
    case boot_phase::session_dependencies:
      if (!opened || !waiting_for_models)
        return;
      log->warn("no model list within " + seconds(limits.session_dependencies)
                + ": the session starts with the default model");
      end_phase(boot_phase::session_dependencies);
      options.model = default_claude_model;
      become_ready();
      return;
  }
}

std::optional<boot_phase> session_actor_state::phase_of(ec code) const {
  switch (code) {
    case ec::control_plane_unreachable:
    case ec::control_plane_refused: return boot_phase::context_fetch;
    case ec::bad_config: // its directory
    case ec::repository_timeout: return boot_phase::repository_ready;
    case ec::agent_not_found:
    case ec::agent_crashed:
    case ec::agent_handshake_timeout:
    case ec::agent_refused:
      return creating ? boot_phase::session_create : boot_phase::acp_initialize;
    default: return std::nullopt;
  }
}

void session_actor_state::give_up(const caf::error& why) {
  if (!starting())
    return;
  now = stage::failed;
  tell_if_idle();
  auto code = code_of(why);
  const auto text = describe(why);
  self->send(peers.health, boot_failed{code, text, phase_of(code)});
  log->error("boot failed: " + to_string(code) + ": " + text);
  // The launcher's poll looks for a line that begins like this.
  log->bare("Fatal agent-server error; marking run failed: " + to_string(code)
            + ": " + text);
  auto end = [this, code] {
    self->send(peers.lifecycle, end_process{1, to_string(code), true});
  };
  // The boot may have used up its time with the control plane.
  self->send(peers.control_plane, boot_over{});
  self
    ->request(peers.control_plane, last_word_timeout,
              update_run{task_api::failed_body(to_string(code) + ": " + text)})
    .then([end](const run_updated&) { end(); },
          [this, end](const caf::error& err) {
            log->error("the run could not be marked failed: " + describe(err));
            end();
          });
}

} // namespace agent_server
