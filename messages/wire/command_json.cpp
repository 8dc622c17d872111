#include "messages/wire/command_json.hpp"

#include "messages/error.hpp"
#include "messages/wire/attachment_json.hpp"
#include "messages/wire/cloud_prompt.hpp"
#include "messages/wire/config_json.hpp"
#include "messages/wire/json_reader.hpp"
#include "messages/wire/json_writer.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace agent_server {

namespace {

using rapidjson::Value;

constexpr std::string_view content_missing = "content: Content is required";
constexpr std::size_t longest_message_id = 512;
constexpr std::string_view nothing_given =
  "content: Either content or artifacts are required";

/// Callers write each method bare or behind one of two prefixes.
std::string_view without_prefix(std::string_view method) {
  for (const std::string_view prefix : {"_posthog/", "posthog/"})
    if (method.substr(0, prefix.size()) == prefix)
      return method.substr(prefix.size());
  return method;
}

command_method method_of(std::string_view name) {
  using entry = std::pair<std::string_view, command_method>;
  static constexpr std::array table{
    entry{"user_message", command_method::user_message},
    entry{"cancel", command_method::cancel},
    entry{"close", command_method::close},
    entry{"set_config_option", command_method::set_config_option},
    entry{"permission_response", command_method::permission_response},
    entry{"refresh_session", command_method::refresh_session},
  };
  const auto bare = without_prefix(name);
  for (const auto& [known, method] : table)
    if (known == bare)
      return method;
  return command_method::unknown;
}

bool is_list_of_objects(const Value& value) {
  return value.IsArray()
         && std::all_of(value.Begin(), value.End(),
                        [](const Value& item) { return item.IsObject(); });
}

void read_delivery(const Value* params, parsed_command& out) {
  if (const auto* id = json::find(params, "messageId")) {
    out.message_id = json::text_of(id);
    if (out.message_id.empty() || out.message_id.size() > longest_message_id)
      out.params_error = "messageId: must be a string of 1 to "
                         + std::to_string(longest_message_id) + " bytes";
  }
  if (const auto* steer = json::find(params, "steer")) {
    if (!steer->IsBool())
      out.params_error = "steer: must be true or false";
    out.steer = steer->IsTrue();
  }
}

void read_user_message(const Value* params, parsed_command& out) {
  if (const auto* content = json::find(params, "content")) {
    if (content->IsString() && content->GetStringLength() > 0) {
      out.blocks = decode_cloud_prompt(json::text_of(content));
    } else if (is_list_of_objects(*content) && !content->Empty()) {
      out.blocks = json::dump(*content);
    } else {
      out.params_error = content_missing;
      return;
    }
  }
  if (const auto* artifacts = json::find(params, "artifacts")) {
    if (!is_list_of_objects(*artifacts)) {
      out.params_error = "artifacts: must be an array of objects";
      return;
    }
    if (artifacts->Size() > max_attachments) {
      out.params_error = "artifacts: at most " + std::to_string(max_attachments)
                         + " may come with a message";
      return;
    }
    out.attachments = read_attachments(artifacts);
  }
  read_delivery(params, out);
  if (out.blocks.empty() && out.attachments.empty())
    out.params_error = nothing_given;
}

void read_set_config_option(const Value* params, parsed_command& out) {
  out.option_id = json::text_of(json::find(params, "configId"));
  out.option_value = json::text_of(json::find(params, "value"));
  if (out.option_id.empty())
    out.params_error = "configId: must be a non-empty string";
  else if (out.option_value.empty())
    out.params_error = "value: must be a non-empty string";
}

void read_permission_response(const Value* params, parsed_command& out) {
  auto& given = out.permission;
  given.request_id = json::text_of(json::find(params, "requestId"));
  given.answer.option_id = json::text_of(json::find(params, "optionId"));
  if (given.request_id.empty())
    out.params_error = "requestId: must be a non-empty string";
  else if (given.answer.option_id.empty())
    out.params_error = "optionId: must be a non-empty string";
  if (const auto* text = json::find(params, "customInput")) {
    if (!text->IsString())
      out.params_error = "customInput: must be a string";
    given.answer.custom_input = json::text_of(text);
  }
  const auto* answers = json::find(params, "answers");
  if (answers == nullptr)
    return;
  if (!answers->IsObject()) {
    out.params_error = "answers: must be an object of strings";
    return;
  }
  for (const auto& [question, text] : answers->GetObject()) {
    if (!text.IsString())
      out.params_error = "answers: must be an object of strings";
    given.answer.answers.emplace_back(json::text_of(&question),
                                      json::text_of(&text));
  }
}

void read_refresh_session(const Value* params, parsed_command& out) {
  const auto* servers = json::find(params, "mcpServers");
  if (servers == nullptr || !servers->IsArray()) {
    out.params_error = "mcpServers: must be an array";
    return;
  }
  auto parsed = parse_mcp_servers(json::dump(*servers));
  if (parsed)
    out.mcp_servers = std::move(*parsed);
  else
    out.params_error = "mcpServers: " + describe(parsed.error());
}

void read_close(const Value* params, parsed_command& out) {
  const auto* state = json::find(params, "localGitState");
  if (state == nullptr)
    return;
  if (!state->IsObject()) {
    out.params_error = "localGitState: must be an object";
    return;
  }
  for (const std::string_view key :
       {"head", "branch", "upstreamHead", "upstreamRemote", "upstreamMergeRef"})
    if (const auto* field = json::find(state, key);
        field != nullptr && !field->IsString() && !field->IsNull()) {
      out.params_error = "localGitState.";
      out.params_error += key;
      out.params_error += ": must be a string or null";
      return;
    }
  auto& local = out.local_git;
  local.head = json::text_of(json::find(state, "head"));
  local.branch = json::text_of(json::find(state, "branch"));
  local.upstream_head = json::text_of(json::find(state, "upstreamHead"));
  local.upstream_remote = json::text_of(json::find(state, "upstreamRemote"));
  local.upstream_merge_ref =
    json::text_of(json::find(state, "upstreamMergeRef"));
}

/// Fills in the id and the method; false when it is no request object.
bool read_shape(const rapidjson::Document& request, std::string_view body,
                parsed_command& out) {
  if (json::text_of(json::find(&request, "jsonrpc")) != "2.0")
    return false;
  const auto* method = json::find(&request, "method");
  if (method == nullptr || !method->IsString())
    return false;
  const auto* params = json::find(&request, "params");
  if (params != nullptr && !params->IsObject())
    return false;
  if (const auto* id = json::find(&request, "id")) {
    if (!id->IsString() && !id->IsNumber())
      return false;
    out.id = id->IsDouble() ? json::number_text(body, "id") : json::dump(*id);
  }
  out.method_name = json::text_of(method);
  return true;
}

json::writer response(std::string_view id, std::size_t size) {
  json::writer out{size + id.size() + 64};
  out.open_object().text("jsonrpc", "2.0");
  if (!id.empty())
    out.raw("id", id);
  return out;
}

} // namespace

parsed_command parse_command(std::string_view body) {
  parsed_command out;
  rapidjson::Document request;
  if (!json::read(request, body) || !read_shape(request, body, out)) {
    out = {};
    out.malformed = true;
    return out;
  }
  out.method = method_of(out.method_name);
  const auto* params = json::find(&request, "params");
  switch (out.method) {
    case command_method::user_message: read_user_message(params, out); break;
    case command_method::set_config_option:
      read_set_config_option(params, out);
      break;
    case command_method::close: read_close(params, out); break;
    case command_method::permission_response:
      read_permission_response(params, out);
      break;
    case command_method::refresh_session:
      read_refresh_session(params, out);
      break;
    case command_method::cancel:
    case command_method::unknown: break;
  }
  return out;
}

std::string command_result(std::string_view id, std::string_view result) {
  return response(id, result.size())
    .raw("result", result)
    .close_object()
    .take();
}

std::string command_error(std::string_view id, int code,
                          std::string_view message) {
  return response(id, message.size())
    .key("error")
    .open_object()
    .number("code", code)
    .text("message", message)
    .close_object()
    .close_object()
    .take();
}

std::string user_message_result(std::string_view stop_reason,
                                std::string_view assistant_message) {
  json::writer out{assistant_message.size() + 96};
  out.open_object().text("stopReason", stop_reason);
  if (!assistant_message.empty())
    out.text("assistant_message", assistant_message);
  return out.close_object().take();
}

std::string duplicate_delivery_result() {
  return R"({"stopReason":"duplicate_delivery","duplicate":true})";
}

std::string steer_result(bool taken, std::string_view reason) {
  json::writer out{reason.size() + 96};
  out.open_object()
    .text("stopReason", taken ? "steered" : "steer_declined")
    .key("steered")
    .boolean(taken);
  if (!reason.empty())
    out.text("reason", reason);
  return out.close_object().take();
}

std::string set_config_option_result(std::string_view options) {
  return json::writer{options.size() + 32}
    .open_object()
    .raw("configOptions", options)
    .close_object()
    .take();
}

std::string error_body(std::string_view message) {
  return json::writer{}
    .open_object()
    .text("error", message)
    .close_object()
    .take();
}

std::string error_body(std::string_view message, std::string_view code) {
  return json::writer{}
    .open_object()
    .text("error", message)
    .text("code", code)
    .close_object()
    .take();
}

} // namespace agent_server
