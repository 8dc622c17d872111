#include "messages/wire/claude/session_lines.hpp"

#include "messages/wire/json_reader.hpp"
#include "messages/wire/json_writer.hpp"

namespace agent_server::claude {

namespace {

// Modes and models stand in the options too; older clients read these.
void write_choices(json::writer& out, const rapidjson::Value& option,
                   std::string_view current_key, std::string_view list_key,
                   std::string_view id_key) {
  out.open_object().text(current_key,
                         json::text_of(json::find(&option, "currentValue")));
  out.key(list_key).open_array();
  for (const auto& choice : json::find(&option, "options")->GetArray()) {
    out.open_object()
      .text(id_key, json::text_of(json::find(&choice, "value")))
      .text("name", json::text_of(json::find(&choice, "name")));
    if (const auto text = json::text_of(json::find(&choice, "description"));
        !text.empty())
      out.text("description", text);
    out.close_object();
  }
  out.close_array().close_object();
}

} // namespace

std::string initialize_result(std::string_view version) {
  json::writer out{512};
  out.open_object().number("protocolVersion", 1).key("agentCapabilities");
  out.raw(R"({"promptCapabilities":{"image":true,"embeddedContext":true},)"
          R"("mcpCapabilities":{"http":true,"sse":true},"loadSession":false,)"
          R"("_meta":{"claudeCode":{"promptQueueing":true}}})");
  out.key("agentInfo")
    .open_object()
    .text("name", "agent-server")
    .text("title", "Claude Agent")
    .text("version", version)
    .close_object();
  return out.raw("authMethods", "[]").close_object().take();
}

std::string session_result(std::string_view session_id,
                           const catalog_options& options) {
  const auto all = options.to_json();
  rapidjson::Document document;
  json::read(document, all);
  json::writer out{2 * all.size()};
  out.open_object().text("sessionId", session_id);
  for (const auto& option : document.GetArray()) {
    const auto id = json::text_of(json::find(&option, "id"));
    if (id == "mode") {
      out.key("modes");
      write_choices(out, option, "currentModeId", "availableModes", "id");
    } else if (id == "model") {
      out.key("models");
      write_choices(out, option, "currentModelId", "availableModels",
                    "modelId");
    }
  }
  return out.raw("configOptions", all).close_object().take();
}

std::string prompt_result(std::string_view stop_reason, std::string_view usage,
                          bool interrupted) {
  json::writer out{256};
  out.open_object().text("stopReason", stop_reason);
  if (!usage.empty())
    out.raw("usage", usage);
  if (interrupted)
    out.raw("_meta", R"({"interruptReason":"user_cancelled"})");
  return out.close_object().take();
}

std::string permission_request(std::string_view id, std::string_view session_id,
                               const permission_question& question) {
  json::writer out{question.tool_call_json.size() + 512};
  return out.open_object()
    .text("jsonrpc", "2.0")
    .raw("id", id)
    .text("method", "session/request_permission")
    .key("params")
    .open_object()
    .text("sessionId", session_id)
    .raw("options", question.options_json)
    .raw("toolCall", question.tool_call_json)
    .close_object()
    .close_object()
    .take();
}

} // namespace agent_server::claude
