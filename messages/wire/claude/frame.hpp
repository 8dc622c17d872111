#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// The stream-json and control protocol of the Claude CLI: one JSON object a
/// line in both directions. It is specified nowhere; what is known of it comes
/// from the CLI's own behaviour, so unknown frames and fields are ignored.
namespace agent_server::claude {

enum class frame_kind : std::uint8_t {
  /// Not a JSON object with a `type`.
  garbage,
  /// The answer to a control request of ours.
  control_response,
  /// A question of the CLI; `subtype` says which.
  control_request,
  /// The CLI withdraws the question `request_id`.
  control_cancel,
  keep_alive,
  /// `subtype` says which: init, status, session_state_changed, …
  system,
  stream_event,
  assistant,
  user,
  /// The end of a turn.
  result,
  other,
};

struct frame_document;

/// One line of the CLI, parsed once. Keys may come in any order.
struct frame {
  frame_kind kind = frame_kind::garbage;
  /// Of system and result frames, and of control requests (`request.subtype`).
  std::string subtype;
  std::string request_id;
  /// Why a control request of ours failed; empty when it succeeded.
  std::string error;
  std::shared_ptr<const frame_document> json;
};

/// Reads a line; never fails: what it cannot read is `garbage`.
frame parse_frame(std::string_view line);

/// What the CLI answers to `initialize`. Fields that a version lacks are empty.
struct initialize_answer {
  std::string version;
  /// JSON array of ACP `availableCommands`, without those that make no sense
  /// outside a terminal.
  std::string commands = "[]";
};
initialize_answer read_initialize_answer(const frame& response);

/// What `system/init` says at the start of every turn.
struct turn_start {
  std::string permission_mode;
  std::string version;
};
turn_start read_turn_start(const frame& system_init);

/// The permission mode that a `system/status` says the CLI has entered; empty
/// when it says nothing of it.
std::string read_mode_change(const frame& system);

/// What `system/api_retry` says, for a log: "attempt 1 of 10 in 558 ms, …".
std::string read_api_retry(const frame& system);

/// One question `can_use_tool`.
struct tool_question {
  std::string request_id;
  std::string tool_name;
  std::string tool_use_id;
  std::string input = "{}"; // JSON object
  /// JSON array of the rules that the CLI offers to store.
  std::string suggestions = "[]";
};
tool_question read_tool_question(const frame& request);

/// One `hook_callback`.
struct hook_call {
  std::string request_id;
  std::string event;
  std::string tool_name;
  std::string tool_use_id;
  std::string input = "{}"; // JSON object
};
hook_call read_hook_call(const frame& request);

/// The end of a turn, as the callers of ACP see it.
struct turn_result {
  /// end_turn, max_tokens, max_turn_requests or refusal; empty when it failed.
  std::string stop_reason;
  /// Why it failed, in the CLI's words.
  std::string error;
  /// upstream_stream_terminated, upstream_connection_error, agent_error or
  /// auth_required; empty when it did not fail.
  std::string classification;
  /// It ended because it was interrupted.
  bool interrupted = false;
  /// JSON; empty when there is none.
  std::string structured_output;
  /// JSON object `{inputTokens,outputTokens,cachedReadTokens,
  /// cachedWriteTokens,totalTokens}`.
  std::string usage;
};
turn_result read_turn_result(const frame& result);

} // namespace agent_server::claude
