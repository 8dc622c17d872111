#pragma once

#include "actors/agent/claude/permission_policy.hpp"

/// The AskUserQuestion tool: its options are the answers.
namespace agent_server::claude {

/// Shows the first question's choices; all questions go along.
verdict ask_user(const tool_question& asked, std::string_view cwd);

/// The answers go into the tool's input. A choice without answers answers the
/// first question; without either the tool is denied.
verdict resolve_user(const tool_question& asked,
                     const permission_answer& answer);

} // namespace agent_server::claude
