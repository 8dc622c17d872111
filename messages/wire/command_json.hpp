#pragma once

#include "messages/attachment.hpp"
#include "messages/config.hpp"
#include "messages/permission.hpp"
#include "messages/workspace.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// JSON-RPC of POST /command.
namespace agent_server {

enum class command_method : std::uint8_t {
  user_message,
  cancel,
  close,
  set_config_option,
  permission_response,
  refresh_session,
  unknown,
};

struct parsed_command {
  /// The body was not a JSON-RPC request object: answer 400.
  bool malformed = false;
  /// The id as JSON text; empty when the request had none.
  std::string id;
  std::string method_name;
  command_method method = command_method::unknown;
  /// Why the params are refused (-32602), naming the field; empty: accepted.
  std::string params_error;

  std::string blocks; // user_message: JSON array of content blocks, or empty
  std::vector<attachment> attachments;
  /// user_message: tells deliveries of one message from others; empty: none.
  std::string message_id;
  /// user_message: into the turn that runs, or not at all.
  bool steer = false;
  std::string option_id;
  std::string option_value;
  answer_permission permission;
  std::vector<mcp_server> mcp_servers;
  local_git_state local_git; // close
};

parsed_command parse_command(std::string_view body);

/// `{"jsonrpc":"2.0","id":…,"result":…}`; `result` is JSON text.
std::string command_result(std::string_view id, std::string_view result);
std::string command_error(std::string_view id, int code,
                          std::string_view message);

/// Results.
std::string user_message_result(std::string_view stop_reason,
                                std::string_view assistant_message);
std::string duplicate_delivery_result();
/// `reason` says why it was declined.
std::string steer_result(bool taken, std::string_view reason);
std::string set_config_option_result(std::string_view options);

/// `{"error":…}` and `{"error":…,"code":…}` of plain HTTP answers.
std::string error_body(std::string_view message);
std::string error_body(std::string_view message, std::string_view code);

} // namespace agent_server
