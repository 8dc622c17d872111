// What happens when the CLI is gone, and when it is replaced.
#include "actors/agent/claude/session.hpp"

#include "actors/agent/launch.hpp"
#include "messages/redact.hpp"
#include "messages/wire/claude/mcp_config.hpp"
#include "messages/wire/claude/prompt.hpp"

#include <utility>

namespace agent_server::claude {

bool finds_nothing_to_resume(std::string_view words) {
  return words.find("No conversation found") != std::string_view::npos;
}

// Before it has a session nothing is lost with the CLI.
void cli_state::replace(const replace_agent& m) {
  if (!started || gone || closing || opened || creating.pending())
    return;
  ++generation;
  if (launch_span != 0)
    trace::end_span(launch_span, trace::outcome::dropped);
  launch_span = trace::begin_span("agent: initialize");
  self->send(peers.process, start_process{generation, m.plan});
}

void cli_state::start_process_again(bool resumes) {
  ++generation;
  nothing_to_resume = false;
  garbage_lines = 0;
  early_frames.clear();
  unasked_turn = false;
  calls.fail_all(started_again);
  withdraw_all();
  restarting = true;
  launch.session.resumes = resumes;
  launch.session.model = model;
  std::vector<acp_line> broken_off;
  converted->break_off(broken_off);
  publish(std::move(broken_off));
  launch_span = trace::begin_span("agent: restart");
  self->send(
    peers.process,
    start_process{generation, make_cli_plan(*launch.config, launch.program,
                                            gateway_url(*launch.config, false),
                                            launch.session, launch.mark)});
  write_handshake();
  // A prompt that nobody has read goes to the new one.
  if (!running)
    return;
  running->uuid = launch.make_uuid(); // a known one might be passed over
  write(user_frame(running->uuid, running->blocks, running->context));
}

void cli_state::process_ended(const process_gone& m) {
  if (m.generation != generation || gone || closing)
    return;
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
  if (restarting && start_on_other_footing(m, text))
    return;
  const bool may_restart = opened && !m.not_started && restarts < max_restarts;
  if (!may_restart) {
    lose(m, std::move(text));
    return;
  }
  ++restarts;
  log->warn(text + ": starting it again");
  if (running && (running->noticed || running->cancelled))
    fail_turn(make_failure(ec::agent_crashed, text));
  start_process_again(has_conversation);
}

// Whether there is something to resume is known to the CLI alone: it may have
// been killed before it wrote anything, or after we heard the last of it.
bool cli_state::start_on_other_footing(const process_gone& m,
                                       const std::string& text) {
  const bool lost =
    launch.session.resumes
    && (nothing_to_resume || finds_nothing_to_resume(m.stderr_tail));
  const bool kept =
    !launch.session.resumes
    && m.stderr_tail.find("already in use") != std::string::npos;
  if ((!lost && !kept) || restarts > max_restarts)
    return false;
  ++restarts;
  if (lost)
    log->error("the agent lost its conversation and begins a new one: " + text);
  has_conversation = kept;
  start_process_again(has_conversation);
  return true;
}

void cli_state::lose(const process_gone& m, std::string text) {
  if (launch_span != 0)
    trace::end_span(std::exchange(launch_span, 0), trace::outcome::error);
  const auto code = m.not_started  ? ec::agent_not_found
                    : m.misbehaved ? ec::agent_refused
                                   : ec::agent_crashed;
  gone = make_failure(code, text);
  calls.fail_all(text);
  withdraw_all();
  if (creating.pending())
    creating.deliver(gone);
  if (refreshing.pending())
    refreshing.deliver(gone);
  fail_turn(gone);
  if (observer)
    self->send(observer, agent_gone{std::move(text), code});
}

caf::result<agent_refreshed> cli_state::refresh(const refresh_agent& m) {
  if (gone)
    return gone;
  if (!opened)
    return make_failure(ec::no_session, "the agent has no session yet");
  if (running || unasked_turn || refreshing.pending())
    return make_failure(ec::agent_error,
                        "Cannot refresh session while a prompt turn is in "
                        "flight");
  refreshing = self->make_response_promise<agent_refreshed>();
  auto changed = std::make_shared<server_config>(*launch.config);
  changed->mcp_servers = m.mcp_servers;
  launch.config = changed;
  wanted.params.mcp_servers = m.mcp_servers;
  for (const auto& server : m.mcp_servers)
    for (const auto& header : server.headers)
      secrets.push_back(header.second);
  self
    ->request(disk, caf::infinite,
              write_file{mcp_config_path(*changed, launch.session),
                         secret{mcp_config(m.mcp_servers)}})
    .then([this](const file_written&) { end_for_refresh(); },
          [this](caf::error& err) {
            if (refreshing.pending())
              refreshing.deliver(std::move(err));
          });
  return refreshing;
}

// Older CLIs write the conversation behind the turn: one that is killed may
// leave nothing to resume.
void cli_state::end_for_refresh() {
  if (!refreshing.pending())
    return;
  ++generation; // nobody is to miss the one that ends
  auto go_on = [this] {
    if (refreshing.pending())
      start_process_again(has_conversation);
  };
  self
    ->request(peers.process, caf::infinite,
              stop_process{refresh_grace, refresh_patience})
    .then([go_on](const process_stopped&) { go_on(); },
          [go_on](const caf::error&) { go_on(); });
}

} // namespace agent_server::claude
