#pragma once

#include "messages/workspace.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

/// The log of a run, read to go on from (contract 10.3).
namespace agent_server {

/// How much of a conversation is kept, newest first: 50,000 tokens at four
/// characters each.
constexpr std::size_t max_history_characters = std::size_t{50'000} * 4;
/// Of one turn, so that a long one does not push out what it answered.
constexpr std::size_t max_turn_characters = max_history_characters / 4;
constexpr std::size_t max_tool_result_characters = 2'000;
/// A longer entry is passed over.
constexpr std::size_t max_log_line = 16u << 20;

struct resumed_tool {
  std::string id;
  std::string name;
  std::string result; // cut
};

/// What the user said, or what the agent said and did until the next.
struct resumed_turn {
  bool of_user = false;
  std::string text;
  std::deque<resumed_tool> tools;
};

struct resumed_conversation {
  /// The newest turns; their texts and results are within
  /// `max_history_characters` and the first is the user's.
  std::deque<resumed_turn> turns;
  std::size_t omitted_turns = 0;
  std::optional<git_checkpoint> checkpoint;
  std::size_t bad_lines = 0;
};

/// What stands in the prompts by which a session is resumed, and only there: a
/// user turn with one of them is not part of the conversation.
inline constexpr std::array<std::string_view, 3> resume_markers{
  "You are resuming a previous conversation",
  "Here is the conversation history from the",
  "Continue from where you left off",
};

/// Takes a log line by line. Its memory does not grow with the log.
class resume_log_reader {
public:
  /// A line that is no log entry is counted and passed over.
  void take(std::string_view line);

  /// What was read; the reader is spent.
  resumed_conversation finish();

private:
  void user_said(std::string text, bool in_request);
  void agent_said(std::string_view text);
  void tool_told(resumed_tool told);
  resumed_turn& open_agent_turn();
  void drop_what_is_too_old();

  resumed_conversation found_;
  /// The last turns are those of a prompt that the agent may echo.
  std::size_t of_request_ = 0;
  bool awaits_echo_ = false;
};

} // namespace agent_server
