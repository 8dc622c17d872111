// The life of the CLI and of its session: start, handshake, loss, restart, end.
#include "actors/agent/claude/session.hpp"

#include "actors/agent/environment.hpp"
#include "actors/agent/launch.hpp"
#include "messages/redact.hpp"
#include "messages/wire/acp.hpp"
#include "messages/wire/acp_agent.hpp"
#include "messages/wire/claude/session_lines.hpp"
#include "messages/wire/claude/updates.hpp"

#include <utility>

namespace agent_server::claude {

namespace {

constexpr const char* pre_tool_hook = "before-tool";
constexpr const char* post_tool_hook = "after-tool";

std::string config_directory(const server_config& config) {
  const auto& env = config.inherited_environment;
  if (std::string given{lookup(env, "CLAUDE_CONFIG_DIR")}; !given.empty())
    return given;
  return std::string{lookup(env, "HOME")} + "/.claude";
}

catalog_options options_of(const acp::session_params& params,
                           bool bypass_allowed) {
  catalog_options options;
  options.mode = params.permission_mode;
  options.model = params.model.value_or("");
  options.effort = params.effort.value_or("");
  options.bypass_allowed = bypass_allowed;
  return options;
}

} // namespace

caf::result<agent_opened> cli_state::open() {
  if (gone)
    return gone;
  // The handshake of ACP asks nothing of the CLI; its own begins once the task
  // is known.
  const auto id = next_client_id++;
  publish(acp::initialize_line(id));
  publish(acp::result_line(std::to_string(id),
                           initialize_result(AGENT_SERVER_VERSION)));
  return agent_opened{"Claude Agent", AGENT_SERVER_VERSION, generation};
}

void cli_state::repository_is_there() {
  if (started || gone)
    return;
  started = true;
  launch_span = trace::begin_span("agent: initialize");
  self->send(
    peers.process,
    start_process{generation, make_cli_plan(*launch.config, launch.program,
                                            gateway_url(*launch.config, false),
                                            launch.session, launch.mark)});
}

caf::result<session_opened> cli_state::create(const open_session& m) {
  if (gone)
    return gone;
  if (creating.pending() || opened)
    return make_failure(ec::internal, "the agent has a session already");
  creating = self->make_response_promise<session_opened>();
  creating_id = next_client_id++;
  wanted = m;
  model =
    m.params.model.value_or(launched_model(*launch.config, launch.session));
  effort = m.params.effort.value_or("");
  permission_rules rules;
  rules.cwd = m.params.cwd;
  rules.config_directory = config_directory(*launch.config);
  rules.allowed_domains = m.params.allowed_domains;
  rules.bypass_allowed = launch.bypass_allowed;
  rules.mcp_tools = launch.config->claude_code.mcp_tool_approvals;
  rules.may_publish = launch.config->create_pr.value_or(true);
  plan = plan_file{rules.config_directory + "/plans"};
  policy.emplace(std::move(rules));
  policy->set_mode(m.params.permission_mode);
  publish(acp::session_new_line(creating_id,
                                acp::session_new_params(m.params, true)));
  repository_is_there();
  write_handshake();
  if (!m.first_prompt.empty())
    send_prompt(m.first_prompt);
  return creating;
}

void cli_state::write_handshake() {
  handshake_written_at = trace::now();
  handshake_cause = trace::current_cause();
  const auto& params = wanted.params;
  initialize_params first;
  first.system_prompt = params.system_prompt;
  first.appends_system_prompt = params.appends_system_prompt;
  first.json_schema = params.json_schema;
  first.pre_tool_hook = pre_tool_hook;
  first.post_tool_hook = post_tool_hook;
  call(
    0, [this](const frame& answer) { handshake_answered(answer); },
    [&](const std::string& id) { return initialize_request(id, first); });
  flag_settings settings;
  settings.environment = wanted.environment;
  if (model != launched_model(*launch.config, launch.session))
    settings.model = model;
  if (effort != launch.config->effort.value_or(""))
    settings.effort = effort;
  if (settings.model || settings.effort || !settings.environment.empty())
    call(
      0,
      [this](const frame& answer) {
        if (!answer.error.empty() && answer.error != started_again)
          log->error(
            "the agent does not take model, effort or gateway while it "
            "runs: "
            + redacted(answer.error, secrets));
      },
      [&](const std::string& id) {
        return apply_flag_settings_request(id, settings);
      });
  call(
    0,
    [this, mode = policy->mode()](const frame& answer) {
      if (answer.error.empty() || answer.error == started_again)
        return;
      log->error("the agent does not enter the mode " + mode + ": "
                 + redacted(answer.error, secrets));
      enter_mode("default");
    },
    [&](const std::string& id) {
      return set_permission_mode_request(id, policy->mode());
    });
}

void cli_state::handshake_answered(const frame& answer) {
  if (gone || closing || answer.error == started_again)
    return;
  trace::scope scope{end_launch_span()};
  if (!answer.error.empty()) {
    const auto text =
      "the agent did not take initialize: " + redacted(answer.error, secrets)
      + " (is this a claude of version 2.1.112 or newer?)";
    if (creating.pending())
      creating.deliver(make_failure(ec::agent_refused, text));
    if (restarting) {
      lose({}, text);
      stop_process_for_good();
    }
    return;
  }
  const auto found = read_initialize_answer(answer);
  if (!found.version.empty())
    version = found.version;
  if (restarting) {
    restarting = false;
    log->info("the agent goes on with session " + launch.session.id);
    if (refreshing.pending())
      refreshing.deliver(agent_refreshed{});
    return;
  }
  session_is_open(found);
}

// The CLI is silent until it is asked, so whether it was still starting or
// waited for us shows in how fast it answers.
std::uint64_t cli_state::end_launch_span() {
  if (launch_span == 0)
    return trace::current_cause();
  const auto span = std::exchange(launch_span, 0);
  if (trace::now() - handshake_written_at > warm_answer.count())
    return trace::end_span(span);
  trace::end_span(span, trace::outcome::ok, handshake_written_at);
  trace::scope scope{handshake_cause};
  return trace::end_span(
    trace::begin_span("agent: session/new", handshake_written_at));
}

void cli_state::session_is_open(const initialize_answer& found) {
  opened = true;
  const auto& id = launch.session.id;
  converted.emplace(id, wanted.params.cwd, default_context_window);
  auto shown = options_of(wanted.params, launch.bypass_allowed);
  shown.model = model;
  publish(
    acp::result_line(std::to_string(creating_id), session_result(id, shown)));
  creating.deliver(session_opened{id, {}});
  publish(available_commands_update(id, found.commands));
}

void cli_state::stop_process_for_good() {
  self->request(peers.process, caf::infinite, stop_process{})
    .then([](const process_stopped&) {},
          [this](const caf::error& err) {
            log->warn("the agent could not be stopped: " + describe(err));
          });
}

caf::result<agent_closed> cli_state::close() {
  closing = true;
  self->send(disk,
             remove_file{mcp_config_path(*launch.config, launch.session)});
  const auto ending = make_failure(ec::no_session, "the session is closing");
  withdraw_all();
  calls.fail_all(describe(ending));
  if (creating.pending())
    creating.deliver(ending);
  if (refreshing.pending())
    refreshing.deliver(ending);
  fail_turn(ending);
  auto promise = self->make_response_promise<agent_closed>();
  self
    ->request(peers.process, caf::infinite,
              stop_process{close_grace, close_patience})
    .then(
      [promise](const process_stopped&) mutable {
        promise.deliver(agent_closed{});
      },
      [promise](caf::error& err) mutable { promise.deliver(std::move(err)); });
  return promise;
}

void cli_state::call(
  std::uint64_t span, control_calls::continuation next,
  const std::function<std::string(const std::string& id)>& line) {
  const auto opened_call = calls.open(span, std::move(next));
  self->delayed_send(
    self, control_timeout,
    alarm{control_alarm, opened_call.number, trace::current_cause()});
  write(line(opened_call.id));
}

void cli_state::write(std::string line) {
  self->send(peers.process,
             write_line{generation,
                        std::make_shared<const std::string>(std::move(line))});
}

void cli_state::publish(std::string line, journal_kind kind, std::string text) {
  const journal_entry entry{
    std::chrono::system_clock::now(),
    std::make_shared<const std::string>(std::move(line)), kind,
    std::move(text)};
  self->send(peers.event_log, entry);
  self->send(peers.session_log, entry);
}

void cli_state::publish(std::vector<acp_line> lines) {
  for (auto& each : lines)
    publish(std::move(each.line), each.kind, std::move(each.text));
}

cli_actor::behavior_type claude_agent(cli_self* self, acp_peers peers,
                                      cli_launch launch, first_launch first,
                                      disk_actor disk,
                                      std::vector<secret> secrets, logger log) {
  auto& state = self->state;
  state.self = self;
  state.peers = std::move(peers);
  state.launch = std::move(launch);
  state.disk = std::move(disk);
  state.started = state.launch.running;
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
    [self](const repository_ready&) { self->state.repository_is_there(); },
    [self](const open_session& m) { return self->state.create(m); },
    [self](const prompt_agent& m) { return self->state.prompt(m); },
    [self](const steer_agent& m) { return self->state.steer(m); },
    [self](const cancel_prompt&) { self->state.cancel(); },
    [self](const set_agent_option& m) { return self->state.set_option(m); },
    [self](const context_window_known& m) {
      if (self->state.converted)
        self->state.converted->set_context_window(m.tokens);
    },
    [self](const refresh_agent& m) { return self->state.refresh(m); },
    [self](const close_agent&) { return self->state.close(); },
    [self](const alarm& m) { self->state.alarm_rang(m); },
  };
}

} // namespace agent_server::claude
