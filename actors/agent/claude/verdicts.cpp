#include "actors/agent/claude/verdicts.hpp"

namespace agent_server::claude {

verdict allowed(const tool_question& asked, std::string_view updates) {
  verdict result;
  result.what = verdict::kind::allow;
  result.response = allow_response(asked.input, updates);
  return result;
}

verdict denied(std::string text, bool interrupt) {
  verdict result;
  result.what = verdict::kind::deny;
  result.response = deny_response(text, interrupt);
  result.ends_turn = interrupt;
  result.denial = std::move(text);
  return result;
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return {};
  return std::string{
    text.substr(begin, text.find_last_not_of(blanks) - begin + 1)};
}

verdict refused(std::string text, std::string_view words) {
  const auto feedback = trimmed(words);
  if (feedback.empty())
    return denied(std::move(text) + ".", true);
  return denied(std::move(text) + ", with feedback: " + feedback);
}

verdict cancelled(std::string_view words) {
  auto text = trimmed(words);
  if (text.empty())
    return denied("The request was cancelled.", true);
  return denied(std::move(text));
}

verdict question_for(const tool_question& asked,
                     const std::vector<offered_option>& offered,
                     std::string_view tool_call,
                     const tool_call_changes& changes) {
  verdict result;
  result.what = verdict::kind::ask;
  result.question =
    compose_question(asked.request_id, offered, tool_call, changes);
  return result;
}

std::vector<offered_option> approval_options(std::string always_label) {
  return {
    {{std::string{allow_id}, "Yes", "allow_once"}},
    {{std::string{allow_always_id}, std::move(always_label), "allow_always"}},
    {{std::string{reject_id}, std::string{reject_label}, "reject_once"},
     "",
     true},
  };
}

} // namespace agent_server::claude
