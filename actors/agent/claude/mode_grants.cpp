#include "actors/agent/claude/mode_grants.hpp"

#include <algorithm>
#include <array>

namespace agent_server::claude {

namespace {

constexpr std::array<std::string_view, 22> reading_tools{
  "Read",
  "NotebookRead",
  "Glob",
  "Grep",
  "LS",
  "WebSearch",
  "WebFetch",
  "Task",
  "Agent",
  "TodoWrite",
  "TaskCreate",
  "TaskUpdate",
  "TaskList",
  "TaskGet",
  "TaskOutput",
  "BashOutput",
  "Skill",
  "ToolSearch",
  "ListAgents",
  "ListMcpResourcesTool",
  "ReadMcpResourceTool",
  "StructuredOutput",
};

constexpr std::array<std::string_view, 4> writing_tools{
  "Edit", "MultiEdit", "Write", "NotebookEdit"};

constexpr std::array<mode_grant, 4> grants{{
  {bypass_mode, true, true, true, "Yes, and never ask again",
   "Yes, continue without being asked", "allow_always"},
  {"auto", false, false, true, "Yes, and let a classifier decide (auto mode)",
   "Yes, continue in auto mode", "allow_always"},
  {"acceptEdits", true, false, false, "Yes, and accept edits without asking",
   "Yes, continue accepting edits", "allow_always"},
  {"default", false, false, false, "Yes, and ask before each edit",
   "Yes, continue asking before each edit", "allow_once"},
}};

template <class List>
bool contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

} // namespace

bool is_reading_tool(std::string_view name) {
  return contains(reading_tools, name);
}

bool is_writing_tool(std::string_view name) {
  return contains(writing_tools, name);
}

std::span<const mode_grant> mode_grants() {
  return grants;
}

const mode_grant* grant_of(std::string_view mode) {
  const auto* found =
    std::find_if(grants.begin(), grants.end(),
                 [&](const mode_grant& each) { return each.mode == mode; });
  return found == grants.end() ? nullptr : found;
}

} // namespace agent_server::claude
