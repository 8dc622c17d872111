#pragma once

#include "messages/journal.hpp"
#include "messages/wire/claude/frame.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace agent_server::claude {

/// A line of ACP (or a `_posthog/` notification) that a frame turned into.
struct acp_line {
  std::string line;
  journal_kind kind = journal_kind::other;
  /// The text of a chunk or message, see `journal_kind`.
  std::string text;
};

/// Turns the frames of one session into `session/update` notifications, in the
/// shapes that ACP clients know from Claude (agentclientprotocol.com). Keeps
/// what spans frames: open blocks, tool calls, the plan, usage.
class conversion {
public:
  /// `cwd` shortens paths in titles; `context_window` in tokens.
  conversion(std::string session_id, std::string cwd,
             std::int64_t context_window);
  ~conversion();
  conversion(conversion&&) noexcept;
  conversion& operator=(conversion&&) noexcept;

  /// Appends what `f` turns into. Frames that say nothing to a client append
  /// nothing. Files are never read here: see `take_hook`.
  void take(const frame& f, std::vector<acp_line>& out);

  /// Takes a PostToolUse hook: the tool's structured response, with the diff
  /// of an edit.
  void take_hook(const frame& hook, std::vector<acp_line>& out);

  /// A tool call that was refused: its `tool_call_update`.
  void take_denial(std::string_view tool_use_id, std::string_view text,
                   std::vector<acp_line>& out);

  /// Texts are gathered anew.
  void begin_turn();

  /// The CLI is gone: what it was saying and doing is at its end.
  void break_off(std::vector<acp_line>& out);

  /// The agent's texts of this turn, in order.
  std::vector<std::string> take_turn_texts();

  /// The last result came while a message of the main agent was still on its
  /// way: its stream broke off. CLI 2.1.112 ends such a turn as if all were
  /// well.
  bool cut_short() const;

  void set_context_window(std::int64_t tokens);

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The `session/update` line of the slash commands; `commands` is JSON, see
/// `initialize_answer`.
std::string available_commands_update(std::string_view session_id,
                                      std::string_view commands);

/// The tool call as a permission request shows it: JSON object with
/// toolCallId, title, kind, content, locations and rawInput (the input with
/// `toolName`).
std::string tool_call_object(const tool_question& question,
                             std::string_view cwd);

} // namespace agent_server::claude
