#pragma once

#include <string>
#include <string_view>

namespace agent_server {

/// What a `session/update` of a tool call says of the repository.
struct tool_call_facts {
  std::string call_id; // empty: it is no such update
  /// A file was changed, as Claude's file tools report when they have done so.
  bool changed_file = false;
  /// It is a call that changes files once it is completed.
  bool edits_files = false;
  /// Its command is one that opens a pull request.
  bool opens_pull_request = false;
  bool completed = false;
  bool failed = false;
  /// The first address of a GitHub pull request in its output.
  std::string pull_request_url;
};

/// Reads a line that may be anything; most are seen at a glance to say nothing.
/// Takes what the Claude drivers say in `_meta.claudeCode` and what other ACP
/// agents (codex) say in `kind`, `rawInput`, `rawOutput` and `content`.
tool_call_facts read_tool_call(std::string_view line);

} // namespace agent_server
