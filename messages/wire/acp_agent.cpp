#include "messages/wire/acp_agent.hpp"

#include "messages/wire/json_reader.hpp"
#include "messages/wire/json_writer.hpp"

#include <cstdint>

namespace agent_server::acp {

namespace {

std::string first_text(const rapidjson::Value* blocks) {
  if (blocks == nullptr || !blocks->IsArray())
    return {};
  for (const auto& block : blocks->GetArray())
    if (const auto text = json::text_of(json::find(&block, "text"));
        !text.empty())
      return std::string{text};
  return {};
}

json::writer message(std::string_view id) {
  json::writer out;
  out.open_object().text("jsonrpc", "2.0");
  if (!id.empty())
    out.raw("id", id);
  return out;
}

json::writer update_of(std::string_view kind) {
  json::writer out;
  out.open_object().text("sessionUpdate", kind);
  return out;
}

void add_tool_call(json::writer& out, std::string_view call_id,
                   std::string_view title) {
  out.text("toolCallId", call_id).text("title", title).text("kind", "read");
}

void add_option(json::writer& out, std::string_view id, std::string_view name,
                std::string_view kind) {
  out.open_object().text("optionId", id).text("name", name);
  out.text("kind", kind).close_object();
}

} // namespace

client_line parse_client_line(std::string_view line) {
  client_line result;
  rapidjson::Document document;
  if (!json::read(document, line) || !document.IsObject()) {
    result.garbage = true;
    return result;
  }
  if (const auto* id = json::find(document, {"id"}))
    result.id = json::dump(*id);
  result.method = json::text_of(json::find(document, {"method"}));
  result.session_id =
    json::text_of(json::find(document, {"params", "sessionId"}));
  result.prompt_text = first_text(json::find(document, {"params", "prompt"}));
  const auto* outcome = json::find(document, {"result", "outcome"});
  if (json::text_of(json::find(outcome, "outcome")) == "selected")
    result.selected_option = json::text_of(json::find(outcome, "optionId"));
  result.garbage = result.method.empty() && result.id.empty();
  return result;
}

std::string result_line(std::string_view id, std::string_view result) {
  return message(id).raw("result", result).close_object().take();
}

std::string error_line(std::string_view id, int code, std::string_view text) {
  auto out = message(id);
  out.key("error").open_object().number("code", code).text("message", text);
  return out.close_object().close_object().take();
}

std::string update_line(std::string_view session_id, std::string_view update) {
  auto out = message({});
  out.text("method", "session/update").key("params").open_object();
  out.text("sessionId", session_id).raw("update", update);
  return out.close_object().close_object().take();
}

std::string permission_line(std::string_view id, std::string_view session_id,
                            std::string_view call_id, std::string_view title) {
  auto out = message(id);
  out.text("method", "session/request_permission").key("params").open_object();
  out.text("sessionId", session_id).key("toolCall").open_object();
  add_tool_call(out, call_id, title);
  out.close_object().key("options").open_array();
  add_option(out, "allow", "Allow", "allow_once");
  add_option(out, "reject", "Reject", "reject_once");
  return out.close_array().close_object().close_object().take();
}

std::string initialize_result(std::string_view name, std::string_view title,
                              std::string_view version) {
  json::writer out;
  out.open_object().number("protocolVersion", 1);
  out.key("agentCapabilities").open_object().close_object();
  out.key("agentInfo").open_object().text("name", name).text("title", title);
  out.text("version", version).close_object();
  return out.key("authMethods")
    .open_array()
    .close_array()
    .close_object()
    .take();
}

std::string session_result(std::string_view session_id) {
  json::writer out;
  return out.open_object().text("sessionId", session_id).close_object().take();
}

std::string stop_result(std::string_view stop_reason) {
  json::writer out;
  return out.open_object()
    .text("stopReason", stop_reason)
    .close_object()
    .take();
}

std::string text_update(std::string_view kind, std::string_view text) {
  auto out = update_of(kind);
  out.key("content").open_object().text("type", "text").text("text", text);
  return out.close_object().close_object().take();
}

std::string tool_call_update(std::string_view call_id, std::string_view title) {
  auto out = update_of("tool_call");
  add_tool_call(out, call_id, title);
  return out.text("status", "pending").close_object().take();
}

std::string tool_call_status(std::string_view call_id,
                             std::string_view status) {
  auto out = update_of("tool_call_update");
  out.text("toolCallId", call_id).text("status", status);
  return out.close_object().take();
}

} // namespace agent_server::acp
