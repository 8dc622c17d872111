#include "actors/agent/claude/permission_policy.hpp"

#include "actors/agent/claude/exec_tool.hpp"
#include "actors/agent/claude/mode_grants.hpp"
#include "actors/agent/claude/plan_text.hpp"
#include "actors/agent/claude/publishing.hpp"
#include "actors/agent/claude/read_only_commands.hpp"
#include "actors/agent/claude/user_question.hpp"
#include "actors/agent/claude/verdicts.hpp"
#include "actors/agent/claude/web_domains.hpp"
#include "messages/wire/claude/conversion.hpp"
#include "messages/wire/claude/permission_lines.hpp"
#include "messages/wire/claude/tool_input.hpp"

#include <filesystem>

namespace agent_server::claude {

namespace {

std::string always_label(const tool_question& asked) {
  const auto words = read_suggestions(asked.suggestions).words;
  return "Always allow " + (words.empty() ? asked.tool_name : words);
}

} // namespace

permission_policy::permission_policy(permission_rules rules)
  : rules_(std::move(rules)) {}

void permission_policy::set_mode(std::string_view mode) {
  if (mode == plan_mode && mode_ != plan_mode)
    mode_before_plan_ = mode_;
  mode_ = mode;
}

void permission_policy::set_read_only_tools(std::set<std::string> names) {
  rules_.read_only_tools = std::move(names);
}

verdict permission_policy::judge(const tool_question& asked,
                                 std::string_view plan,
                                 std::string_view last_text) {
  const auto& tool = asked.tool_name;
  if (auto denial = forbids(tool, asked.input); !denial.empty())
    return denied(std::move(denial));
  const auto approval = rules_.mcp_tools.find(tool);
  const bool is_listed = approval != rules_.mcp_tools.end();
  if (is_listed && approval->second == mcp_approval::needs_approval)
    return ask_for_approval(asked);
  const auto exec = read_exec_call(tool, asked.input);
  const auto* grant = grant_of(mode_);
  const bool plans = mode_ == plan_mode;
  if (exec.is_exec && allowed_calls_.count(exec.scope) != 0 && !plans)
    return allowed(asked);
  if (!exec.destructive.empty() && !plans
      && !(grant != nullptr && grant->destruction))
    return ask_for_approval(asked);

  // A plan and a question are for the person in every mode.
  if (tool == "EnterPlanMode") {
    auto result = allowed(asked);
    result.new_mode = plan_mode;
    return result;
  }
  if (tool == "ExitPlanMode")
    return ask_about_plan(asked, plan, last_text);
  if (tool == "AskUserQuestion")
    return ask_user(asked, rules_.cwd);

  if (exec.destructive.empty() || !plans) {
    if (allowed_in_mode(tool))
      return allowed(asked);
  }
  if (plans) {
    if (is_writing_tool(tool) && is_plan_file(asked.input))
      return allowed(asked);
    if (tool == "Bash" && only_reads(input_text(asked.input, "command")))
      return allowed(asked);
    return denied(tool
                  + " is not available in plan mode. Write the plan to a file "
                    "below "
                  + rules_.config_directory
                  + "/plans and call ExitPlanMode when it is ready.");
  }
  if (is_listed && !exec.is_exec) // approved
    return allowed(asked);
  return ask(asked);
}

verdict permission_policy::resolve(const tool_question& asked,
                                   const permission_answer& answer) {
  if (answer.option_id.empty())
    return cancelled(answer.custom_input);
  if (asked.tool_name == "AskUserQuestion")
    return resolve_user(asked, answer);
  if (asked.tool_name == "ExitPlanMode")
    return resolve_plan(asked, answer);
  if (answer.option_id == allow_id)
    return allowed(asked);
  if (answer.option_id == allow_always_id)
    return allow_always(asked);
  return refused("The user refused to let " + asked.tool_name + " run",
                 answer.custom_input);
}

std::string permission_policy::forbids(std::string_view tool_name,
                                       std::string_view input) const {
  if (!rules_.may_publish)
    if (const auto what = publishing_call(tool_name, input); !what.empty())
      return "This run must not publish, and " + what
             + " does. Leave the work local and say in your answer what is "
               "ready.";
  const auto approval = rules_.mcp_tools.find(std::string{tool_name});
  if (approval != rules_.mcp_tools.end()
      && approval->second == mcp_approval::do_not_use)
    return "The tool " + std::string{tool_name}
           + " is switched off for this project: do without it.";
  return disallowed_domain(tool_name, input, rules_.allowed_domains);
}

verdict permission_policy::ask(const tool_question& asked) const {
  return question_for(asked, approval_options(always_label(asked)),
                      tool_call_object(asked, rules_.cwd));
}

verdict permission_policy::ask_for_approval(const tool_question& asked) const {
  const auto exec = read_exec_call(asked.tool_name, asked.input);
  tool_call_changes changes;
  changes.kind = "other";
  if (exec.is_exec)
    changes.meta = tool_name_meta(asked.tool_name);
  const auto& what =
    exec.destructive.empty() ? asked.tool_name : exec.destructive;
  return question_for(asked, approval_options("Always allow " + what),
                      tool_call_object(asked, rules_.cwd), changes);
}

verdict permission_policy::ask_about_plan(const tool_question& asked,
                                          std::string_view plan,
                                          std::string_view last_text) const {
  const auto given = input_text(asked.input, "plan");
  std::string_view chosen;
  std::string missing;
  for (const std::string_view text :
       {std::string_view{given}, plan, last_text}) {
    auto lacks = missing_of_plan(text);
    if (lacks.empty()) {
      chosen = text;
      break;
    }
    if (missing.empty() && !text.empty())
      missing = std::move(lacks);
  }
  if (chosen.empty())
    return denied("The plan is not ready: "
                  + (missing.empty() ? missing_of_plan({}) : missing)
                  + " Give the whole plan in markdown, or write it to a file "
                    "below "
                  + rules_.config_directory
                  + "/plans, before you call ExitPlanMode again.");

  std::vector<offered_option> offered;
  for (const auto& grant : mode_grants()) {
    if (grant.mode == bypass_mode && !rules_.bypass_allowed)
      continue;
    const bool is_before = grant.mode == mode_after_plan();
    offered_option option{
      {std::string{grant.mode},
       std::string{is_before ? grant.plan_label_if_before : grant.plan_label},
       std::string{grant.option_kind}}};
    offered.insert(is_before ? offered.begin() : offered.end(),
                   std::move(option));
  }
  offered.push_back(
    {{std::string{reject_plan_id}, std::string{reject_label}, "reject_once"},
     "",
     true});

  auto shown = asked;
  shown.input = with_input_text(asked.input, "plan", chosen);
  return question_for(asked, offered, tool_call_object(shown, rules_.cwd),
                      {"Ready to code?", "switch_mode", ""});
}

verdict permission_policy::resolve_plan(const tool_question& asked,
                                        const permission_answer& answer) const {
  const auto& mode = answer.option_id;
  if (grant_of(mode) == nullptr
      || (mode == bypass_mode && !rules_.bypass_allowed))
    return refused("The user did not approve the plan", answer.custom_input);
  auto result = allowed(asked, set_mode_update(mode));
  result.new_mode = mode;
  return result;
}

verdict permission_policy::allow_always(const tool_question& asked) {
  // A rule of the CLI for the whole `exec` tool would end the questions about
  // its other sub-tools.
  if (const auto exec = read_exec_call(asked.tool_name, asked.input);
      exec.is_exec) {
    allowed_calls_.insert(exec.scope);
    return allowed(asked);
  }
  if (const auto approval = rules_.mcp_tools.find(asked.tool_name);
      approval != rules_.mcp_tools.end())
    approval->second = mcp_approval::approved;
  const auto suggested = read_suggestions(asked.suggestions);
  auto result =
    allowed(asked, suggested.json.empty() ? allow_tool_update(asked.tool_name)
                                          : suggested.json);
  result.new_mode = suggested.mode;
  return result;
}

bool permission_policy::allowed_in_mode(std::string_view tool_name) const {
  if (is_reading_tool(tool_name)
      || rules_.read_only_tools.count(std::string{tool_name}) != 0)
    return true;
  const auto* grant = grant_of(mode_);
  if (grant == nullptr)
    return false;
  return grant->everything || (grant->writing && is_writing_tool(tool_name));
}

bool permission_policy::is_plan_file(std::string_view input) const {
  namespace fs = std::filesystem;
  const auto path = input_text(input, "file_path");
  if (path.empty() || rules_.config_directory.empty())
    return false;
  const auto file = (fs::path{rules_.cwd} / path).lexically_normal();
  const auto plans = (fs::path{rules_.config_directory} / "plans/" / "")
                       .lexically_normal()
                       .string();
  const auto& text = file.native();
  return text.size() > plans.size()
         && text.compare(0, plans.size(), plans) == 0;
}

const std::string& permission_policy::mode_after_plan() const {
  return mode_ == plan_mode ? mode_before_plan_ : mode_;
}

} // namespace agent_server::claude
