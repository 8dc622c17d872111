#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Reading and changing the `input` of the CLI's tool calls, a JSON object.
/// What is absent or of another type reads as empty.
namespace agent_server::claude {

/// A text member.
std::string input_text(std::string_view input, std::string_view name);

/// The texts of an array member.
std::vector<std::string> input_texts(std::string_view input,
                                     std::string_view name);

/// The object with one text member set; an unreadable one counts as empty.
std::string with_input_text(std::string_view input, std::string_view name,
                            std::string_view text);

struct question_choice {
  std::string label;
  std::string description;
};

/// One question of the AskUserQuestion tool.
struct user_question {
  std::string text;
  std::vector<question_choice> choices;
};

struct user_questions {
  std::vector<user_question> items;
  /// The same as the agent wrote them: a JSON array.
  std::string json = "[]";
};

/// Questions without a text are dropped. A lone question may also lie in the
/// input itself.
user_questions read_user_questions(std::string_view input);

/// The input with `answers`, keyed by the text of the question.
std::string
with_answers(std::string_view input,
             const std::vector<std::pair<std::string, std::string>>& answers);

} // namespace agent_server::claude
