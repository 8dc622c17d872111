// What the CLI asks: leave for tools, hooks, and what no client can answer.
#include "actors/agent/claude/session.hpp"

#include "messages/wire/acp.hpp"
#include "messages/wire/claude/session_lines.hpp"

#include <utility>

namespace agent_server::claude {

void cli_state::take_question(const frame& f) {
  if (f.subtype == "can_use_tool") {
    const auto asked = read_tool_question(f);
    carry_out(asked, policy->judge(asked, plan.text(), last_text));
  } else if (f.subtype == "hook_callback") {
    take_hook(f);
  } else if (f.subtype == "elicitation") {
    write(success_response(f.request_id, R"({"action":"decline"})"));
  } else {
    write(error_response(f.request_id,
                         "Unsupported control request subtype: " + f.subtype));
  }
}

void cli_state::carry_out(const tool_question& asked, const verdict& decided) {
  if (decided.what == verdict::kind::ask) {
    ask_permission(asked, decided.question);
    return;
  }
  if (decided.what == verdict::kind::deny) {
    std::vector<acp_line> lines;
    converted->take_denial(asked.tool_use_id, decided.denial, lines);
    publish(std::move(lines));
    if (running && decided.ends_turn)
      running->refused = true;
  }
  write(success_response(asked.request_id, decided.response));
  if (!decided.new_mode.empty())
    enter_mode(decided.new_mode);
}

void cli_state::ask_permission(const tool_question& asked,
                               permission_question question) {
  question.id = asked.request_id;
  open_question open{asked, std::to_string(next_agent_id++)};
  publish(permission_request(open.acp_id, launch.session.id, question));
  const auto id = asked.request_id;
  questions.emplace(id, std::move(open));
  self->request(peers.permissions, caf::infinite, std::move(question))
    .then([this, id](const permission_answer& answer) { answered(id, answer); },
          [this, id](const caf::error& err) {
            log->warn("a permission question could not be put: "
                      + describe(err));
            answered(id, {});
          });
}

void cli_state::answered(const std::string& request_id,
                         const permission_answer& answer) {
  const auto found = questions.find(request_id);
  if (found == questions.end())
    return; // withdrawn, or the turn is over
  const auto open = std::move(found->second);
  questions.erase(found);
  publish(acp::permission_answer_line(open.acp_id, answer));
  carry_out(open.asked, policy->resolve(open.asked, answer));
}

// Not every CLI asks before it runs a tool in plan mode.
std::string cli_state::denial_of(const hook_call& hook) {
  auto denial = policy->forbids(hook.tool_name, hook.input);
  if (!denial.empty() || policy->mode() != "plan")
    return denial;
  tool_question asked;
  asked.request_id = hook.request_id;
  asked.tool_name = hook.tool_name;
  asked.tool_use_id = hook.tool_use_id;
  asked.input = hook.input;
  return policy->judge(asked, plan.text(), last_text).denial;
}

void cli_state::take_hook(const frame& f) {
  const auto hook = read_hook_call(f);
  if (hook.event == "PreToolUse") {
    plan.note(hook.tool_name, hook.input);
    write(hook_response(f.request_id, hook.event, denial_of(hook)));
    return;
  }
  std::vector<acp_line> lines;
  converted->take_hook(f, lines);
  publish(std::move(lines));
  write(hook_response(f.request_id));
}

// The CLI no longer waits for the answer, so it gets none.
void cli_state::withdraw(const std::string& request_id) {
  const auto found = questions.find(request_id);
  if (found == questions.end())
    return;
  publish(
    acp::permission_answer_line(found->second.acp_id, permission_answer{}));
  questions.erase(found);
  self->send(peers.permissions, withdraw_permission{request_id});
}

void cli_state::withdraw_all() {
  while (!questions.empty())
    withdraw(std::string{questions.begin()->first});
}

} // namespace agent_server::claude
