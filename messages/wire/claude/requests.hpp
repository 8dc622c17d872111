#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Lines to the Claude CLI, without their newline. Request ids are ours.
namespace agent_server::claude {

/// What `initialize` carries; later the CLI takes none of it any more.
struct initialize_params {
  /// Replaces the CLI's own prompt, or is appended to it.
  std::string system_prompt;
  bool appends_system_prompt = true;
  std::string json_schema; // JSON text; empty: none
  /// Ids of the callbacks that the CLI calls before / after each tool.
  std::string pre_tool_hook;
  std::string post_tool_hook;
};

std::string initialize_request(std::string_view id,
                               const initialize_params& params);
std::string set_permission_mode_request(std::string_view id,
                                        std::string_view mode);

/// Settings laid over those of the CLI's files. An absent field changes
/// nothing; an empty effort takes the effort back.
struct flag_settings {
  std::optional<std::string> model;
  std::optional<std::string> effort;
  std::vector<std::pair<std::string, std::string>> environment;
};
std::string apply_flag_settings_request(std::string_view id,
                                        const flag_settings& settings);
std::string interrupt_request(std::string_view id);
/// Takes back a user message that the CLI has not taken up yet.
std::string cancel_message_request(std::string_view id,
                                   std::string_view message_uuid);
std::string mcp_status_request(std::string_view id);

/// Answers to questions of the CLI. `response` is a JSON object.
std::string success_response(std::string_view request_id,
                             std::string_view response);
std::string error_response(std::string_view request_id, std::string_view text);
/// `{"continue":true}`, with a refusal of the tool when `denial` is given.
std::string hook_response(std::string_view request_id,
                          std::string_view hook_event = {},
                          std::string_view denial = {});

} // namespace agent_server::claude
