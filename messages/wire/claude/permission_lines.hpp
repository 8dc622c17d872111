#pragma once

#include "messages/permission.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Permissions in JSON: the answers to the CLI's `can_use_tool`, and the
/// params of ACP `session/request_permission` (agentclientprotocol.com).
namespace agent_server::claude {

/// `response` of an allowed tool call. `input` is its JSON object; `updates` a
/// JSON array of permission updates, empty: none.
std::string allow_response(std::string_view input,
                           std::string_view updates = {});
/// `response` of a refused one; `interrupt` ends the turn.
std::string deny_response(std::string_view message, bool interrupt);

/// Permission updates: JSON arrays.
/// The session goes on in `mode`.
std::string set_mode_update(std::string_view mode);
/// The tool is allowed from now on, in this session and in the local settings.
std::string allow_tool_update(std::string_view tool_name);

/// What the CLI offers to store.
struct suggested_updates {
  /// The updates as they came; empty when there are none.
  std::string json;
  /// In words: "git:* commands", "edits in this session", …
  std::string words;
  /// The mode that they set; empty: none.
  std::string mode;
};
/// `suggestions` is the JSON array of `can_use_tool`.
suggested_updates read_suggestions(std::string_view suggestions);

/// An option, with what clients are told of it in its `_meta`.
struct offered_option {
  permission_option option;
  std::string description = {};
  /// The client may send a text with it.
  bool takes_text = false;
};

/// How a question's tool call differs from the plain one; empty: as it is.
struct tool_call_changes {
  std::string title = {};
  std::string kind = {};
  std::string meta = {}; // JSON object
};

/// Composes a question. `tool_call` is the JSON object that the tool call is
/// shown as; its title names the question.
permission_question compose_question(std::string_view id,
                                     const std::vector<offered_option>& offered,
                                     std::string_view tool_call,
                                     const tool_call_changes& changes = {});

/// `_meta` of a question to the person, and of a tool call that only its name
/// tells apart.
std::string question_meta(std::string_view questions);
std::string tool_name_meta(std::string_view tool_name);

} // namespace agent_server::claude
