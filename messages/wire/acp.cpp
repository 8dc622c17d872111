#include "messages/wire/acp.hpp"

#include "messages/wire/json_reader.hpp"

namespace agent_server::acp {

namespace {

using rapidjson::Value;

std::string array_text(const Value* value) {
  return value != nullptr && value->IsArray() ? json::dump(*value)
                                              : std::string{};
}

std::string object_text(const Value* value) {
  return value != nullptr && value->IsObject() ? json::dump(*value)
                                               : std::string{};
}

std::string first_text(std::initializer_list<const Value*> candidates) {
  for (const auto* candidate : candidates)
    if (const auto text = json::text_of(candidate); !text.empty())
      return std::string{text};
  return {};
}

std::string id_text(const Value& id, std::string_view line) {
  return id.IsDouble() ? json::number_text(line, "id") : json::dump(id);
}

void read_error(const Value& error, incoming& out) {
  if (const auto* code = json::find(&error, "code");
      code != nullptr && code->IsInt64())
    out.error_code = code->GetInt64();
  out.error_message = json::text_of(json::find(&error, "message"));
  const auto* data = json::find(&error, "data");
  if (data == nullptr || data->IsNull())
    return;
  out.error_classification = json::text_of(json::find(data, "classification"));
  out.error_data = first_text(
    {data, json::find(data, "details"), json::find(data, "message")});
  if (out.error_data.empty() && !data->IsString())
    out.error_data = json::dump(*data);
}

void read_result(const Value& result, incoming& out) {
  const auto* info = json::find(&result, "agentInfo");
  out.agent_name =
    first_text({json::find(info, "title"), json::find(info, "name")});
  out.agent_version = json::text_of(json::find(info, "version"));
  out.session_id = json::text_of(json::find(&result, "sessionId"));
  out.stop_reason = json::text_of(json::find(&result, "stopReason"));
  out.config_options = array_text(json::find(&result, "configOptions"));
  out.modes = object_text(json::find(&result, "modes"));
  out.models = object_text(json::find(&result, "models"));
}

void read_update(const Value* params, incoming& out) {
  const auto* update = json::find(params, "update");
  out.update = json::text_of(json::find(update, "sessionUpdate"));
  const auto* content = json::find(update, "content");
  const auto* text = json::find(content, "text");
  if (text != nullptr && text->IsString()
      && json::text_of(json::find(content, "type")) == "text") {
    out.has_text = true;
    out.text = json::text_of(text);
  }
  if (out.update == "current_mode_update")
    out.current_mode = json::text_of(json::find(update, "currentModeId"));
  if (out.update == "config_option_update")
    out.config_options = array_text(json::find(update, "configOptions"));
}

void read_permission(const Value* params, incoming& out) {
  const auto* call = json::find(params, "toolCall");
  out.permission.title =
    first_text({json::find(call, "title"), json::find(call, "kind")});
  if (out.permission.title.empty())
    out.permission.title = "tool call";
  out.permission.tool_call_json =
    call != nullptr && call->IsObject() ? json::dump(*call) : "{}";
  const auto* options = json::find(params, "options");
  out.permission.options_json = "[]";
  if (options == nullptr || !options->IsArray())
    return;
  out.permission.options_json = json::dump(*options);
  for (const auto& option : options->GetArray())
    if (option.IsObject())
      out.permission.options.push_back(
        {std::string{json::text_of(json::find(&option, "optionId"))},
         std::string{json::text_of(json::find(&option, "name"))},
         std::string{json::text_of(json::find(&option, "kind"))}});
}

bool is_id(const Value& id) {
  return id.IsString() || id.IsNumber() || id.IsNull();
}

} // namespace

incoming parse(std::string_view line) {
  rapidjson::Document message;
  if (!json::read(message, line)
      || json::text_of(json::find(&message, "jsonrpc")) != "2.0")
    return {};
  const auto* id = json::find(&message, "id");
  if (id != nullptr && !is_id(*id))
    return {};

  incoming out;
  if (id != nullptr)
    out.id = id_text(*id, line);
  if (const auto* method = json::find(&message, "method")) {
    if (!method->IsString())
      return {};
    out.kind = id != nullptr ? line_kind::request : line_kind::notification;
    out.method = json::text_of(method);
    const auto* params = json::find(&message, "params");
    if (out.method == "session/update")
      read_update(params, out);
    else if (out.method == "session/request_permission")
      read_permission(params, out);
    return out;
  }
  if (id == nullptr)
    return {};
  if (const auto* error = json::find(&message, "error");
      error != nullptr && error->IsObject()) {
    out.kind = line_kind::error;
    read_error(*error, out);
    return out;
  }
  const auto* result = json::find(&message, "result");
  if (result == nullptr)
    return {};
  out.kind = line_kind::result;
  read_result(*result, out);
  return out;
}

} // namespace agent_server::acp
