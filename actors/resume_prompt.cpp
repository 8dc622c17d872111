#include "actors/resume_prompt.hpp"

#include "messages/wire/cloud_prompt.hpp"

#include <string_view>

namespace agent_server {

namespace {

constexpr std::string_view restored_sentence =
  "The repository is again in the state in which that run left it.";
constexpr std::string_view not_restored_sentence =
  "The repository was not put back to the state in which that run left it: "
  "changes that it made and never pushed may be missing, so look before you "
  "rely on them.";

std::string marker(std::size_t which) {
  return std::string{resume_markers.at(which)};
}

void add_part(std::string& out, std::string_view part) {
  if (!out.empty())
    out += "\n\n";
  out += part;
}

std::string tools_text(const resumed_turn& turn) {
  std::string out = "**Assistant (tools)**:";
  for (const auto& tool : turn.tools) {
    out += "\n  - " + tool.name;
    if (!tool.result.empty())
      out += " → " + tool.result;
  }
  return out;
}

} // namespace

std::string history_text(const resumed_conversation& conversation) {
  std::string out;
  if (conversation.turns.empty())
    return out;
  if (conversation.omitted_turns > 0)
    out = "*(" + std::to_string(conversation.omitted_turns)
          + " earlier turns omitted)*";
  for (const auto& turn : conversation.turns) {
    if (turn.of_user) {
      add_part(out, "**User**: " + turn.text);
      continue;
    }
    if (!turn.text.empty())
      add_part(out, "**Assistant**: " + turn.text);
    if (!turn.tools.empty())
      add_part(out, tools_text(turn));
  }
  return out;
}

resume_prompt make_resume_prompt(const std::string& history, bool restored,
                                 bool has_message) {
  std::string text =
    marker(0) + ": an earlier run of this task was ended before you. ";
  text += restored ? restored_sentence : not_restored_sentence;
  add_part(text, marker(1) + " earlier run:");
  add_part(text, history);
  if (!has_message) {
    add_part(text, marker(2)
                     + ". Finish what was under way, if anything was; "
                       "what is done already need not be done again.");
    return {text_blocks(text), {}};
  }
  add_part(text, "The user has sent a new message, which follows.");
  return {text_blocks(text),
          text_blocks(marker(2)
                      + ": answer the message above, with all of the earlier "
                        "conversation in mind.")};
}

} // namespace agent_server
