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

/// Lines without their newline. `result` and `update` are JSON text.
std::string result_line(std::string_view id, std::string_view result);
std::string error_line(std::string_view id, int code, std::string_view message);
std::string update_line(std::string_view session_id, std::string_view update);

/// An update that carries text; `kind` is its sessionUpdate.
std::string text_update(std::string_view kind, std::string_view text);

} // namespace agent_server::acp
