#include "messages/wire/claude/requests.hpp"

#include "messages/wire/json_writer.hpp"

namespace agent_server::claude {

namespace {

/// Opens a control request up to the members of its `request`.
json::writer request(std::string_view id, std::string_view subtype,
                     std::size_t expected_size = 128) {
  json::writer out{expected_size + 128};
  out.open_object()
    .text("type", "control_request")
    .text("request_id", id)
    .key("request")
    .open_object()
    .text("subtype", subtype);
  return out;
}

std::string end(json::writer& out) {
  return out.close_object().close_object().take();
}

/// Opens a control response up to its answer or error.
json::writer response(std::string_view request_id, std::string_view subtype,
                      std::size_t expected_size) {
  json::writer out{expected_size + 128};
  out.open_object()
    .text("type", "control_response")
    .key("response")
    .open_object()
    .text("subtype", subtype)
    .text("request_id", request_id);
  return out;
}

void write_hook(json::writer& out, std::string_view event,
                std::string_view callback_id) {
  if (callback_id.empty())
    return;
  out.key(event)
    .open_array()
    .open_object()
    .key("hookCallbackIds")
    .open_array()
    .text(callback_id)
    .close_array()
    .close_object()
    .close_array();
}

/// An empty text takes the setting back.
void write_setting(json::writer& out, std::string_view name,
                   const std::optional<std::string>& value) {
  if (!value)
    return;
  out.key(name);
  if (value->empty())
    out.null();
  else
    out.text(*value);
}

} // namespace

std::string initialize_request(std::string_view id,
                               const initialize_params& params) {
  auto out = request(id, "initialize",
                     params.system_prompt.size() + params.json_schema.size());
  out.key("hooks").open_object();
  write_hook(out, "PreToolUse", params.pre_tool_hook);
  write_hook(out, "PostToolUse", params.post_tool_hook);
  out.close_object();
  if (!params.system_prompt.empty()) {
    if (params.appends_system_prompt)
      out.text("appendSystemPrompt", params.system_prompt);
    else
      out.key("systemPrompt")
        .open_array()
        .text(params.system_prompt)
        .close_array();
  }
  if (!params.json_schema.empty())
    out.raw("jsonSchema", params.json_schema);
  return end(out);
}

std::string set_permission_mode_request(std::string_view id,
                                        std::string_view mode) {
  auto out = request(id, "set_permission_mode");
  out.text("mode", mode);
  return end(out);
}

std::string apply_flag_settings_request(std::string_view id,
                                        const flag_settings& settings) {
  auto out = request(id, "apply_flag_settings", 512);
  out.key("settings").open_object();
  write_setting(out, "model", settings.model);
  write_setting(out, "effortLevel", settings.effort);
  if (!settings.environment.empty()) {
    out.key("env").open_object();
    for (const auto& [name, value] : settings.environment)
      out.text(name, value);
    out.close_object();
  }
  out.close_object();
  return end(out);
}

std::string interrupt_request(std::string_view id) {
  auto out = request(id, "interrupt");
  return end(out);
}

std::string cancel_message_request(std::string_view id,
                                   std::string_view message_uuid) {
  auto out = request(id, "cancel_async_message");
  out.text("message_uuid", message_uuid);
  return end(out);
}

std::string mcp_status_request(std::string_view id) {
  auto out = request(id, "mcp_status");
  return end(out);
}

std::string success_response(std::string_view request_id,
                             std::string_view answer) {
  auto out = response(request_id, "success", answer.size());
  out.raw("response", answer);
  return end(out);
}

std::string error_response(std::string_view request_id, std::string_view text) {
  auto out = response(request_id, "error", text.size());
  out.text("error", text);
  return end(out);
}

std::string hook_response(std::string_view request_id,
                          std::string_view hook_event,
                          std::string_view denial) {
  json::writer out;
  out.open_object().key("continue").boolean(true);
  if (!denial.empty())
    out.key("hookSpecificOutput")
      .open_object()
      .text("hookEventName", hook_event)
      .text("permissionDecision", "deny")
      .text("permissionDecisionReason", denial)
      .close_object();
  return success_response(request_id, out.close_object().take());
}

} // namespace agent_server::claude
