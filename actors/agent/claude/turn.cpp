// Prompts, and what the CLI says while it works on them.
#include "actors/agent/claude/session.hpp"

#include "actors/turn_failure.hpp"
#include "messages/redact.hpp"
#include "messages/wire/acp.hpp"
#include "messages/wire/acp_agent.hpp"
#include "messages/wire/claude/frame_facts.hpp"
#include "messages/wire/claude/prompt.hpp"
#include "messages/wire/claude/session_lines.hpp"

#include <utility>

namespace agent_server::claude {

namespace {

constexpr std::size_t shown_garbage = 200;

constexpr const char* schema_reminder =
  R"([{"type":"text","text":"This task wants its result in a given form. )"
  R"(Call the StructuredOutput tool with it now."}])";

caf::error no_output() {
  return make_failure(ec::agent_error,
                      "the agent gave no output in the form that the task's "
                      "json_schema demands");
}

} // namespace

caf::result<prompt_ended> cli_state::prompt(const prompt_agent& m) {
  if (gone)
    return gone;
  if (!opened)
    return make_failure(ec::no_session, "the agent has no session yet");
  if (running && running->claimed)
    return make_failure(ec::agent_error, "a prompt is under way");
  if (running && running->blocks != m.blocks)
    return make_failure(ec::internal,
                        "another prompt than the first was sent already");
  if (!running)
    send_prompt(m.blocks, m.pull_request_context);
  running->promise = self->make_response_promise<prompt_ended>();
  const auto promise = running->promise;
  claim(m);
  return promise;
}

void cli_state::send_prompt(std::string blocks, std::string context) {
  turn next;
  next.number = ++turn_count;
  next.uuid = launch.make_uuid();
  next.span = trace::begin_span("agent: session/prompt");
  write(user_frame(next.uuid, blocks, context));
  next.is_command = is_command(blocks);
  next.blocks = std::move(blocks);
  next.context = std::move(context);
  running = std::move(next);
}

void cli_state::claim(const prompt_agent& m) {
  running->claimed = true;
  running->acp_id = next_client_id++;
  if (converted)
    converted->begin_turn();
  publish(acp::prompt_line(running->acp_id, launch.session.id, running->blocks,
                           running->context));
  for (auto& line : user_message_chunks(launch.session.id, m.blocks))
    publish(std::move(line));
  for (const auto& f : std::exchange(early_frames, {}))
    take_frame(f);
}

void cli_state::take_echo() {
  running->taken = true;
  running->noticed = true;
  has_conversation = true;
  // An interrupt that came before its turn may have met nothing.
  if (running->cancelled)
    interrupt();
}

void cli_state::cancel() {
  const bool works = running ? !running->cancelled : unasked_turn;
  if (gone || !works)
    return;
  publish(acp::cancel_line(launch.session.id));
  withdraw_all();
  interrupt();
  if (!running)
    return;
  running->cancelled = true;
  drop_steers();
  if (running->held) {
    // The CLI's own turn is over: it would not confirm anything.
    const auto usage = running->held->usage;
    end_turn({"cancelled", converted->take_turn_texts(), {}}, usage);
    return;
  }
  self->delayed_send(
    self, interrupt_timeout,
    alarm{interrupt_alarm, running->number, trace::current_cause()});
}

void cli_state::interrupt() {
  call(
    trace::begin_span("agent: interrupt"),
    [this](const frame& answer) {
      if (!answer.error.empty())
        log->warn("the agent could not be interrupted: "
                  + redacted(answer.error, secrets));
    },
    interrupt_request);
}

void cli_state::alarm_rang(const alarm& m) {
  trace::scope scope{m.armed_by};
  if (m.what == control_alarm) {
    calls.fail(m.round, "no answer within "
                          + std::to_string(control_timeout.count()) + " s");
  } else if (m.what == steer_alarm) {
    steer_expired(m.round);
  } else if (running && running->number == m.round) {
    log->warn("the agent goes on with a cancelled turn: starting it again");
    end_turn({"cancelled", converted->take_turn_texts(), {}}, {});
    start_process_again(has_conversation);
  }
}

void cli_state::take_line(const process_line& m) {
  if (m.generation != generation || closing || gone)
    return;
  const auto f = parse_frame(*m.line);
  switch (f.kind) {
    case frame_kind::garbage: take_garbage(*m.line); return;
    case frame_kind::keep_alive: return;
    case frame_kind::control_response: calls.take(f); return;
    default: break;
  }
  // The prompt was sent ahead of the session's own word for it; what comes of
  // it is shown behind that.
  if (!opened || (running && !running->claimed))
    early_frames.push_back(f);
  else
    take_frame(f);
}

void cli_state::take_garbage(const std::string& line) {
  ++garbage_lines;
  if (garbage_lines == 1)
    log->warn("the agent wrote a line that is not a frame: "
              + redacted(line, secrets).substr(0, shown_garbage));
  if (garbage_lines < max_garbage_lines)
    return;
  process_gone misbehaving;
  misbehaving.generation = generation;
  misbehaving.misbehaved = true;
  lose(misbehaving, "the agent does not speak the stream-json protocol: its "
                    "output begins with \""
                      + redacted(line, secrets).substr(0, shown_garbage)
                      + "\"");
  stop_process_for_good();
}

void cli_state::take_frame(const frame& f) {
  switch (f.kind) {
    case frame_kind::control_request: take_question(f); return;
    case frame_kind::control_cancel: withdraw(f.request_id); return;
    case frame_kind::system:
      take_system(f);
      convert(f);
      return;
    case frame_kind::user:
      if (running && echoes(f, running->uuid)) {
        take_echo();
        return;
      }
      if (!steer_was_taken(f))
        convert(f);
      return;
    case frame_kind::assistant:
      count_answer(f);
      if (auto text = plain_text(f); !text.empty())
        last_text = std::move(text);
      convert(f);
      return;
    case frame_kind::result:
      convert(f);
      take_result(f);
      return;
    default: convert(f); return;
  }
}

// Older CLIs ask their model for the output that the task's schema demands
// again and again, without an end.
void cli_state::count_answer(const frame& assistant) {
  if (!running || wanted.params.json_schema.empty())
    return;
  const auto id = answer_id(assistant);
  if (id.empty())
    return;
  auto& count = running->answers_without_output;
  if (calls_a_tool(assistant)) {
    count = 0;
  } else if (id != running->last_answer) {
    if (++count == max_answers_without_output)
      interrupt();
  }
  running->last_answer = id;
}

void cli_state::take_system(const frame& f) {
  if (f.subtype == "init") {
    const auto start = read_turn_start(f);
    if (version != start.version && !start.version.empty()) {
      version = start.version;
      log->info("claude " + version);
    }
    if (!start.permission_mode.empty())
      enter_mode(start.permission_mode);
    unasked_turn = !running;
    if (running) {
      running->noticed = true;
      running->held.reset();
    }
    has_conversation = true;
    learn_read_only_tools();
    return;
  }
  if (f.subtype == "status") {
    if (const auto mode = read_mode_change(f); !mode.empty())
      enter_mode(mode);
  } else if (f.subtype == "api_retry")
    log->warn("the agent tries its model again: "
              + redacted(read_api_retry(f), secrets));
}

void cli_state::convert(const frame& f) {
  std::vector<acp_line> lines;
  converted->take(f, lines);
  publish(std::move(lines));
}

void cli_state::take_result(const frame& f) {
  if (restarting && finds_nothing_to_resume(read_turn_result(f).error)) {
    nothing_to_resume = true; // it ends now
    return;
  }
  const bool was_unasked = std::exchange(unasked_turn, false);
  // Older CLIs do not echo their own commands.
  const bool ours =
    running && (running->taken || (running->is_command && !was_unasked));
  if (!ours) {
    converted->begin_turn(); // its texts are no answer to anybody
    return;
  }
  restarts = 0;
  auto result = read_turn_result(f);
  if (running->cancelled || (running->refused && result.interrupted)) {
    drop_steers();
    end_turn({"cancelled", converted->take_turn_texts(), {}}, result.usage);
    return;
  }
  const bool without_output =
    running->answers_without_output >= max_answers_without_output;
  if (without_output || result.stop_reason.empty() || converted->cut_short())
    drop_steers();
  if (without_output) {
    fail_turn(no_output());
    return;
  }
  if (result.stop_reason.empty()) {
    fail_turn(make_failure(failure_code(result.classification),
                           redacted(result.error, secrets)));
    return;
  }
  if (converted->cut_short()) {
    fail_turn(make_failure(ec::upstream_stream_terminated,
                           "the model's answer broke off"));
    return;
  }
  if (!goes_on_with_steers(result))
    end_with(std::move(result));
}

void cli_state::end_with(turn_result result) {
  if (remind_of_schema(result))
    return;
  end_turn({result.stop_reason, converted->take_turn_texts(),
            std::move(result.structured_output)},
           result.usage);
}

// Newer CLIs end a turn well although its model never gave the output that the
// task's schema demands.
bool cli_state::remind_of_schema(const turn_result& result) {
  if (wanted.params.json_schema.empty() || !result.structured_output.empty()
      || result.stop_reason != "end_turn")
    return false;
  if (running->schema_reminders++ < max_schema_reminders) {
    running->taken = false;
    running->uuid = launch.make_uuid();
    write(user_frame(running->uuid, schema_reminder));
    return true;
  }
  fail_turn(no_output());
  return true;
}

void cli_state::end_turn(prompt_ended done, const std::string& usage) {
  auto ended = std::move(*running);
  running.reset();
  withdraw_all();
  trace::scope scope{trace::end_span(ended.span)};
  publish(
    acp::result_line(std::to_string(ended.acp_id),
                     prompt_result(done.stop_reason, usage, ended.cancelled)));
  ended.promise.deliver(std::move(done));
}

void cli_state::fail_turn(const caf::error& err) {
  if (!running)
    return;
  auto ended = std::move(*running);
  running.reset();
  early_frames.clear();
  withdraw_all();
  trace::scope scope{trace::end_span(ended.span, trace::outcome::error)};
  if (!ended.claimed)
    return;
  publish(acp::error_line(std::to_string(ended.acp_id), -32603,
                          "Internal error: " + describe(err)));
  if (ended.promise.pending())
    ended.promise.deliver(err);
}

} // namespace agent_server::claude
