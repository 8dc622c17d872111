#include "messages/wire/acp_agent.hpp"

#include "messages/wire/json_text.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace agent_server::acp {

namespace {

const rapidjson::Value* member(const rapidjson::Value& object,
                               const char* name) {
  if (!object.IsObject())
    return nullptr;
  const auto found = object.FindMember(name);
  return found != object.MemberEnd() ? &found->value : nullptr;
}

std::string text_of(const rapidjson::Value* value) {
  if (value == nullptr || !value->IsString())
    return {};
  return {value->GetString(), value->GetStringLength()};
}

std::string json_of(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string first_text(const rapidjson::Value* blocks) {
  if (blocks == nullptr || !blocks->IsArray())
    return {};
  for (const auto& block : blocks->GetArray())
    if (auto text = text_of(member(block, "text")); !text.empty())
      return text;
  return {};
}

} // namespace

client_line parse_client_line(std::string_view line) {
  client_line result;
  rapidjson::Document document;
  // The iterative parser: nesting cannot exhaust the stack.
  document.Parse<rapidjson::kParseIterativeFlag>(line.data(), line.size());
  if (document.HasParseError() || !document.IsObject()) {
    result.garbage = true;
    return result;
  }
  if (const auto* id = member(document, "id"))
    result.id = json_of(*id);
  result.method = text_of(member(document, "method"));
  if (const auto* params = member(document, "params")) {
    result.session_id = text_of(member(*params, "sessionId"));
    result.prompt_text = first_text(member(*params, "prompt"));
  }
  if (const auto* answer = member(document, "result"))
    if (const auto* outcome = member(*answer, "outcome"))
      if (text_of(member(*outcome, "outcome")) == "selected")
        result.selected_option = text_of(member(*outcome, "optionId"));
  result.garbage = result.method.empty() && result.id.empty();
  return result;
}

std::string result_line(std::string_view id, std::string_view result) {
  std::string line = R"({"jsonrpc":"2.0","id":)";
  line.append(id).append(R"(,"result":)").append(result);
  return line += '}';
}

std::string error_line(std::string_view id, int code,
                       std::string_view message) {
  std::string line = R"({"jsonrpc":"2.0","id":)";
  line.append(id).append(R"(,"error":{"code":)").append(std::to_string(code));
  line.append(R"(,"message":)").append(json_quote(message));
  return line += "}}";
}

std::string update_line(std::string_view session_id, std::string_view update) {
  std::string line = R"({"jsonrpc":"2.0","method":"session/update","params":)";
  line.append(R"({"sessionId":)").append(json_quote(session_id));
  line.append(R"(,"update":)").append(update);
  return line += "}}";
}

std::string text_update(std::string_view kind, std::string_view text) {
  std::string update = R"({"sessionUpdate":)" + json_quote(kind);
  update.append(R"(,"content":{"type":"text","text":)");
  update.append(json_quote(text));
  return update += "}}";
}

} // namespace agent_server::acp
