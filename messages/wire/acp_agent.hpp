#pragma once

#include <string>
#include <string_view>

/// The agent's end of the Agent Client Protocol, for the demonstration agent.
namespace agent_server::acp {

/// What an agent reads out of one line of its client; fields that the line
/// lacks are empty.
struct client_line {
  /// Not JSON, or not a JSON-RPC object.
  bool garbage = false;
  /// The id as JSON text, so that it can be echoed exactly.
  std::string id;
  /// Empty: the line answers a request of the agent.
  std::string method;
  std::string session_id;
  /// `session/prompt`: its first text block.
  std::string prompt_text;
  /// An answer to `session/request_permission`: the selected option.
  std::string selected_option;
};

client_line parse_client_line(std::string_view line);

/// Lines without their newline; ids are JSON text, as are `result` and
/// `update`.
std::string result_line(std::string_view id, std::string_view result);
std::string error_line(std::string_view id, int code, std::string_view message);
std::string update_line(std::string_view session_id, std::string_view update);

/// Asks for leave to run a tool call; the options are `allow` and `reject`.
std::string permission_line(std::string_view id, std::string_view session_id,
                            std::string_view call_id, std::string_view title);

/// Results.
std::string initialize_result(std::string_view name, std::string_view title,
                              std::string_view version);
std::string session_result(std::string_view session_id);
std::string stop_result(std::string_view stop_reason);

/// Updates; `kind` is the sessionUpdate of one that carries text.
std::string text_update(std::string_view kind, std::string_view text);
std::string tool_call_update(std::string_view call_id, std::string_view title);
std::string tool_call_status(std::string_view call_id, std::string_view status);

} // namespace agent_server::acp
