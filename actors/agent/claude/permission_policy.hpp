#pragma once

#include "messages/config.hpp"
#include "messages/permission.hpp"
#include "messages/wire/claude/frame.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace agent_server::claude {

/// What a session's permissions are decided by.
struct permission_rules {
  std::string cwd;
  /// The CLI's configuration directory; plans lie in its `plans`.
  std::string config_directory;
  /// Hosts for WebFetch and WebSearch (`*.x` is x and all below it); empty:
  /// any.
  std::vector<std::string> allowed_domains;
  /// By full tool name (`mcp__server__tool`).
  std::map<std::string, mcp_approval> mcp_tools;
  /// Full names of the MCP tools whose servers say that they only read.
  std::set<std::string> read_only_tools;
  /// Modes that never ask may be entered.
  bool bypass_allowed = true;
  /// Commands that publish (git push, gh pr create, …) may run.
  bool may_publish = true;
};

/// What is to happen with a tool call.
struct verdict {
  enum class kind : std::uint8_t { allow, deny, ask };
  kind what = kind::ask;
  /// The `response` object for the CLI; empty for `ask`.
  std::string response;
  /// Why it was refused, for the tool call's update; empty otherwise.
  std::string denial;
  /// The refusal ends the turn.
  bool ends_turn = false;
  /// The mode that the session enters with it; empty: unchanged.
  std::string new_mode;
  /// What to ask, for `ask`.
  permission_question question;
};

/// Decides the CLI's `can_use_tool` questions. Knows the session's mode and the
/// one it had before plan mode. No I/O.
class permission_policy {
public:
  explicit permission_policy(permission_rules rules);

  const std::string& mode() const { return mode_; }
  /// Also to be called with the `new_mode` of a verdict that is carried out.
  void set_mode(std::string_view mode);

  /// Replaces `permission_rules::read_only_tools`, which servers tell late.
  void set_read_only_tools(std::set<std::string> names);

  /// Decides at once, or says what to ask. `last_text` is the agent's last
  /// message: newer CLIs keep the plan's text out of the question; `plan` is
  /// the text of the plan's file when the driver has it.
  verdict judge(const tool_question& asked, std::string_view plan,
                std::string_view last_text);

  /// What the answer to an asked question means. A cancelled one refuses and
  /// ends the turn, unless it comes with words: those are for the agent. Only
  /// an option that was offered allows anything.
  verdict resolve(const tool_question& asked, const permission_answer& answer);

  /// The denial of a tool that a PreToolUse hook announces; empty when it may
  /// run. It holds in every mode, also where the CLI never asks.
  std::string forbids(std::string_view tool_name, std::string_view input) const;

private:
  verdict ask(const tool_question& asked) const;
  verdict ask_for_approval(const tool_question& asked) const;
  verdict ask_about_plan(const tool_question& asked, std::string_view plan,
                         std::string_view last_text) const;
  verdict resolve_plan(const tool_question& asked,
                       const permission_answer& answer) const;
  verdict allow_always(const tool_question& asked);

  bool allowed_in_mode(std::string_view tool_name) const;
  bool is_plan_file(std::string_view input) const;
  /// Where an approved plan leads by default.
  const std::string& mode_after_plan() const;

  permission_rules rules_;
  std::string mode_ = "default";
  std::string mode_before_plan_ = "default";
  /// Calls of `exec` tools that were always allowed, see `exec_call`.
  std::set<std::string> allowed_calls_;
};

} // namespace agent_server::claude
