#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What a permission question is about, and how it is told to clients and to
/// the session log.
namespace agent_server {

enum class permission_subject : std::uint8_t {
  tool,
  /// The agent asks a person something (`_meta.codeToolKind` "question").
  question,
  /// The approval of a plan (kind `switch_mode`).
  plan,
};

/// What is read out of a request's `toolCall`.
struct permission_call {
  permission_subject subject = permission_subject::tool;
  /// The script that a shell tool is to run.
  std::string command;
  /// `question`: the texts of `_meta.questions`.
  std::vector<std::string> questions;
};

/// Reads a `toolCall` object; what it cannot read is an ordinary tool call.
permission_call read_permission_call(std::string_view tool_call_json);

/// The first question of such a `toolCall` and its choices, as a message of a
/// Slack thread; empty when there is none.
std::string question_message(std::string_view tool_call_json);

/// `{"type":"permission_request",…}`, as the event stream carries it.
std::string permission_request_event(std::string_view request_id,
                                     std::string_view options_json,
                                     std::string_view tool_call_json);

/// JSON-RPC notifications: `_posthog/permission_request` stands in the log
/// only, `_posthog/permission_resolved` also in the event stream. An empty
/// option is a cancelled request; `by` is client, deadline, agent or session.
std::string permission_request_notification(std::string_view request_id,
                                            std::string_view options_json,
                                            std::string_view tool_call_json);
std::string permission_resolved_notification(std::string_view request_id,
                                             std::string_view option_id,
                                             std::string_view by);

} // namespace agent_server
