#include "actors/agent/claude/user_question.hpp"

#include "actors/agent/claude/verdicts.hpp"
#include "messages/wire/claude/conversion.hpp"
#include "messages/wire/claude/tool_input.hpp"

#include <charconv>

namespace agent_server::claude {

namespace {

constexpr std::string_view choice_prefix = "option_";

/// The label of the choice that an option id names; empty: it names none.
std::string chosen_label(const user_question& question, std::string_view id) {
  if (id.substr(0, choice_prefix.size()) != choice_prefix)
    return {};
  id.remove_prefix(choice_prefix.size());
  std::size_t index = 0;
  const auto parsed = std::from_chars(id.data(), id.data() + id.size(), index);
  if (parsed.ec != std::errc{} || parsed.ptr != id.data() + id.size()
      || index >= question.choices.size())
    return {};
  return question.choices[index].label;
}

} // namespace

verdict ask_user(const tool_question& asked, std::string_view cwd) {
  const auto questions = read_user_questions(asked.input);
  if (questions.items.empty())
    return denied("AskUserQuestion came without a question: give at least one, "
                  "with options.");
  const auto& first = questions.items.front();
  std::vector<offered_option> offered;
  for (const auto& choice : first.choices) {
    auto id = std::string{choice_prefix} + std::to_string(offered.size());
    offered.push_back(
      {{std::move(id), choice.label, "allow_once"}, choice.description});
  }
  return question_for(asked, offered, tool_call_object(asked, cwd),
                      {first.text, "other", question_meta(questions.json)});
}

verdict resolve_user(const tool_question& asked,
                     const permission_answer& answer) {
  auto answers = answer.answers;
  if (answers.empty()) {
    const auto questions = read_user_questions(asked.input);
    if (!questions.items.empty())
      if (auto label = chosen_label(questions.items.front(), answer.option_id);
          !label.empty()) {
        if (const auto words = trimmed(answer.custom_input); !words.empty())
          label += " (" + words + ")";
        answers.emplace_back(questions.items.front().text, std::move(label));
      }
  }
  if (answers.empty()) {
    const auto words = trimmed(answer.custom_input);
    return denied(words.empty()
                    ? "The question was left without an answer."
                    : "The question was left without an answer: " + words);
  }
  verdict result;
  result.what = verdict::kind::allow;
  result.response = allow_response(with_answers(asked.input, answers));
  return result;
}

} // namespace agent_server::claude
