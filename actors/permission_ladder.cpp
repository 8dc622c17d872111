#include "actors/permission_ladder.hpp"

#include "actors/agent/claude/publishing.hpp"

#include <algorithm>
#include <utility>

namespace agent_server {

namespace {

constexpr auto nobody_answered =
  "Nobody is there to answer. Decide with what you know, and say what you "
  "assumed.";

const permission_option* first_of(const permission_question& question,
                                  std::string_view kind) {
  for (const auto& option : question.options)
    if (option.kind.compare(0, kind.size(), kind) == 0)
      return &option;
  return nullptr;
}

bool publishes(const std::string& command) {
  return !command.empty() && !claude::publishing_command(command).empty();
}

bool asks(const permission_settings& settings, std::string_view mode) {
  const auto& modes = settings.asking_modes;
  return std::find(modes.begin(), modes.end(), mode) != modes.end();
}

} // namespace

permission_step first_step(const permission_call& call,
                           const permission_settings& settings,
                           const permission_moment& moment) {
  const auto waiting = settings.attended ? permission_step::wait
                                         : permission_step::wait_until_deadline;
  if (call.subject == permission_subject::question && settings.asks_in_thread)
    return permission_step::ask_in_thread;
  if (!settings.may_publish && publishes(call.command))
    return permission_step::refuse_publishing;
  if (call.subject != permission_subject::tool)
    return waiting;
  if (!asks(settings, moment.mode))
    return permission_step::decide;
  if (settings.attended)
    return waiting;
  if (moment.client_attached && !moment.left_alone)
    return waiting;
  return permission_step::decide;
}

permission_answer decided(const permission_question& question,
                          const permission_call& call) {
  if (call.subject == permission_subject::question)
    return refused(question, nobody_answered);
  if (const auto* option = first_of(question, "allow"))
    return {option->id, {}, {}};
  if (question.options.empty())
    return {};
  return {question.options.front().id, {}, {}};
}

permission_answer refused(const permission_question& question,
                          std::string sentence) {
  const auto* option = first_of(question, "reject");
  return {
    option != nullptr ? option->id : std::string{}, std::move(sentence), {}};
}

permission_answer completed(permission_answer answer,
                            const permission_question& question,
                            const permission_call& call) {
  if (call.questions.empty() || !answer.answers.empty())
    return answer;
  for (const auto& option : question.options) {
    if (option.id != answer.option_id)
      continue;
    auto text = option.name;
    if (!answer.custom_input.empty())
      text += " (" + answer.custom_input + ")";
    answer.answers.emplace_back(call.questions.front(), std::move(text));
    break;
  }
  return answer;
}

} // namespace agent_server
