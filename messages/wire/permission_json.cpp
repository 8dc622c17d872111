#include "messages/wire/permission_json.hpp"

#include "messages/wire/json_reader.hpp"
#include "messages/wire/json_writer.hpp"

#include <algorithm>
#include <cctype>

namespace agent_server {

namespace {

using rapidjson::Value;

bool names_a_shell(std::string_view tool) {
  constexpr std::string_view shell = "bash";
  return std::search(tool.begin(), tool.end(), shell.begin(), shell.end(),
                     [](unsigned char a, unsigned char b) {
                       return std::tolower(a) == b;
                     })
         != tool.end();
}

// Agents put the tool's name in different places; some only name the kind.
bool is_shell_call(const Value& call) {
  if (json::text_of(json::find(&call, "kind")) == "execute")
    return true;
  for (const auto* name :
       {json::find(call, {"_meta", "toolName"}),
        json::find(call, {"_meta", "claudeCode", "toolName"}),
        json::find(call, {"rawInput", "toolName"})})
    if (names_a_shell(json::text_of(name)))
      return true;
  return false;
}

void append_shell_word(std::string& script, std::string_view word) {
  if (!script.empty())
    script += ' ';
  script += '\'';
  for (const char c : word) {
    if (c == '\'')
      script += "'\\'";
    script += c;
  }
  script += '\'';
}

std::string command_of(const Value& call) {
  const auto* command = json::find(call, {"rawInput", "command"});
  std::string script{json::text_of(command)};
  if (command != nullptr && command->IsArray())
    for (const auto& word : command->GetArray())
      append_shell_word(script, json::text_of(&word));
  return script;
}

void write_request(json::writer& out, std::string_view request_id,
                   std::string_view options_json,
                   std::string_view tool_call_json) {
  out.text("requestId", request_id)
    .raw("options", options_json)
    .raw("toolCall", tool_call_json);
}

json::writer notification(std::string_view method, std::size_t size) {
  json::writer out{size + 192};
  out.open_object()
    .text("jsonrpc", "2.0")
    .text("method", method)
    .key("params")
    .open_object();
  return out;
}

} // namespace

permission_call read_permission_call(std::string_view tool_call_json) {
  permission_call out;
  rapidjson::Document call;
  if (!json::read(call, tool_call_json))
    return out;
  if (json::text_of(json::find(&call, "kind")) == "switch_mode")
    out.subject = permission_subject::plan;
  if (json::text_of(json::find(call, {"_meta", "codeToolKind"}))
      == "question") {
    out.subject = permission_subject::question;
    const auto* questions = json::find(call, {"_meta", "questions"});
    if (questions != nullptr && questions->IsArray())
      for (const auto& question : questions->GetArray())
        if (const auto text = json::text_at(&question, "question"))
          out.questions.push_back(*text);
  }
  if (is_shell_call(call))
    out.command = command_of(call);
  return out;
}

std::string question_message(std::string_view tool_call_json) {
  rapidjson::Document call;
  if (!json::read(call, tool_call_json))
    return {};
  const auto* questions = json::find(call, {"_meta", "questions"});
  if (questions == nullptr || !questions->IsArray() || questions->Empty())
    return {};
  const auto& first = (*questions)[0];
  std::string text = "*";
  text += json::text_of(json::find(&first, "question"));
  text += "*\n\n";
  const auto* options = json::find(&first, "options");
  std::size_t number = 0;
  if (options != nullptr && options->IsArray())
    for (const auto& option : options->GetArray()) {
      text += std::to_string(++number) + ". *";
      text += json::text_of(json::find(&option, "label"));
      text += '*';
      const auto description =
        json::text_of(json::find(&option, "description"));
      if (!description.empty()) {
        text += " \u2014 ";
        text += description;
      }
      text += '\n';
    }
  return text + "Reply in this thread with your choice.";
}

std::string permission_request_event(std::string_view request_id,
                                     std::string_view options_json,
                                     std::string_view tool_call_json) {
  json::writer out{options_json.size() + tool_call_json.size() + 128};
  out.open_object().text("type", "permission_request");
  write_request(out, request_id, options_json, tool_call_json);
  return out.close_object().take();
}

std::string permission_request_notification(std::string_view request_id,
                                            std::string_view options_json,
                                            std::string_view tool_call_json) {
  auto out = notification("_posthog/permission_request",
                          options_json.size() + tool_call_json.size());
  write_request(out, request_id, options_json, tool_call_json);
  return out.close_object().close_object().take();
}

std::string permission_resolved_notification(std::string_view request_id,
                                             std::string_view option_id,
                                             std::string_view by) {
  auto out = notification("_posthog/permission_resolved", option_id.size());
  out.text("requestId", request_id);
  if (option_id.empty())
    out.text("outcome", "cancelled");
  else
    out.text("outcome", "selected").text("optionId", option_id);
  return out.text("resolvedBy", by).close_object().close_object().take();
}

} // namespace agent_server
