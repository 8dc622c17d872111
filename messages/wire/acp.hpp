#pragma once

#include "messages/config.hpp"
#include "messages/permission.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Lines of the Agent Client Protocol (agentclientprotocol.com): JSON-RPC 2.0,
/// one object a line. The builders return lines without their newline.
namespace agent_server::acp {

enum class line_kind : std::uint8_t {
  /// Not JSON, or not a JSON-RPC object.
  garbage,
  request,
  notification,
  result,
  error,
};

/// What a driver reads out of one line; fields that the line lacks are empty.
struct incoming {
  line_kind kind = line_kind::garbage;
  /// The id as JSON text (`7`, `"a"`), so that it can be echoed exactly.
  std::string id;
  std::string method;

  /// `error`: code, message, and `data` as text (its `details` or `message`
  /// member when it is an object with one, its JSON otherwise).
  std::int64_t error_code = 0;
  std::string error_message;
  std::string error_data;
  std::string error_classification; // data.classification

  /// Results. JSON texts are empty when absent or null.
  std::string agent_name; // agentInfo.title, else .name
  std::string agent_version;
  std::string session_id;
  std::string stop_reason;
  std::string config_options; // JSON array, also of a config_option_update
  std::string modes;          // JSON object of session/new
  std::string models;         // JSON object of session/new

  /// `session/update`.
  std::string update;    // its sessionUpdate
  bool has_text = false; // content is a text block
  std::string text;
  std::string current_mode; // current_mode_update

  /// `session/request_permission`; its id is for the driver to choose.
  permission_question permission;
};

/// Reads one line; never fails: what it cannot read is `garbage`.
incoming parse(std::string_view line);

/// What session/new tells the agent; contract of `_meta` as the callers of the
/// control plane know it.
struct session_params {
  std::string cwd;
  std::vector<mcp_server> mcp_servers;
  std::string run_id;
  /// Replaces the agent's prompt, or is appended to it.
  std::string system_prompt;
  bool appends_system_prompt = true;
  std::optional<std::string> model;
  std::vector<std::string> allowed_domains;
  std::string json_schema; // JSON text, empty: null
  std::string permission_mode;
  std::vector<std::string> plugins;
  std::optional<std::string> effort;
};

/// The params object; with `redact`, header values read "[redacted]".
std::string session_new_params(const session_params& params, bool redact);

std::string initialize_line(std::uint64_t id);
std::string session_new_line(std::uint64_t id, std::string_view params);
/// `context` (may be empty) becomes `_meta.prContext`.
std::string prompt_line(std::uint64_t id, std::string_view session_id,
                        std::string_view blocks, std::string_view context = {});
std::string cancel_line(std::string_view session_id);
std::string set_config_option_line(std::uint64_t id,
                                   std::string_view session_id,
                                   std::string_view option,
                                   std::string_view value);
std::string set_mode_line(std::uint64_t id, std::string_view session_id,
                          std::string_view mode);
std::string set_model_line(std::uint64_t id, std::string_view session_id,
                           std::string_view model);
/// `id` is JSON text; an empty option answers `cancelled`. What a person wrote
/// goes into the result's `_meta` (`customInput` and `answers`, or `message`
/// of a cancelled one).
std::string permission_answer_line(std::string_view id,
                                   const permission_answer& answer);
/// JSON-RPC error -32601.
std::string method_not_found_line(std::string_view id, std::string_view method);

/// Config options (`mode`, `model`) made of the `modes` and `models` objects
/// of an agent that reports those instead; empty when both are.
std::string options_of_modes(std::string_view modes, std::string_view models);

/// The options array with one `currentValue` replaced; unchanged when there is
/// no such option.
std::string with_current_value(std::string_view options,
                               std::string_view option, std::string_view value);

/// The `category` of an option in an options array ("mode", "model", …), and
/// whether it exists at all.
std::optional<std::string> option_category(std::string_view options,
                                           std::string_view option);

} // namespace agent_server::acp
