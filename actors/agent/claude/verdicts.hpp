#pragma once

#include "actors/agent/claude/permission_policy.hpp"
#include "messages/wire/claude/permission_lines.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The verdicts that a permission policy is made of.
namespace agent_server::claude {

inline constexpr std::string_view allow_id = "allow";
inline constexpr std::string_view allow_always_id = "allow_always";
inline constexpr std::string_view reject_id = "reject";
inline constexpr std::string_view reject_plan_id = "reject_with_feedback";

inline constexpr std::string_view reject_label =
  "No, and say what to do differently";

/// `updates` is a JSON array of permission updates, empty: none.
verdict allowed(const tool_question& asked, std::string_view updates = {});

verdict denied(std::string text, bool interrupt = false);

/// `text` says what was refused, without a full stop. Words of the person let
/// the turn go on: the agent is to heed them.
verdict refused(std::string text, std::string_view words);

/// Without an answer; words that come with it stand in its place, and then the
/// turn goes on.
verdict cancelled(std::string_view words);

/// Shows the tool call as it is but for `changes`; its id is that of the CLI's
/// request.
verdict question_for(const tool_question& asked,
                     const std::vector<offered_option>& offered,
                     std::string_view tool_call,
                     const tool_call_changes& changes = {});

/// Once, always, or not.
std::vector<offered_option> approval_options(std::string always_label);

/// Without the blanks around it.
std::string trimmed(std::string_view text);

} // namespace agent_server::claude
