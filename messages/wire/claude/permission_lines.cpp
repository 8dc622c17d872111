#include "messages/wire/claude/permission_lines.hpp"

#include "messages/wire/json_reader.hpp"
#include "messages/wire/json_writer.hpp"

#include <algorithm>

namespace agent_server::claude {

namespace {

using rapidjson::SizeType;
using rapidjson::Value;

/// A label names no more than these; a compound command may have many rules.
constexpr std::size_t max_named = 3;

std::string rule_words(const Value& rule) {
  const auto tool = json::text_of(json::find(&rule, "toolName"));
  const auto content = json::text_of(json::find(&rule, "ruleContent"));
  if (content.empty())
    return std::string{tool};
  if (tool == "Bash")
    return std::string{content} + " commands";
  return std::string{tool} + "(" + std::string{content} + ")";
}

void collect_words(const Value& update, std::vector<std::string>& words) {
  const auto type = json::text_of(json::find(&update, "type"));
  if (type == "addRules") {
    if (json::text_of(json::find(&update, "behavior")) != "allow")
      return;
    const auto* rules = json::find(&update, "rules");
    if (rules != nullptr && rules->IsArray())
      for (const auto& rule : rules->GetArray())
        words.push_back(rule_words(rule));
  } else if (type == "addDirectories") {
    const auto* directories = json::find(&update, "directories");
    if (directories != nullptr && directories->IsArray())
      for (const auto& directory : directories->GetArray())
        words.push_back("access to " + std::string{json::text_of(&directory)});
  } else if (type == "setMode") {
    const auto mode = json::text_of(json::find(&update, "mode"));
    words.push_back(mode == "acceptEdits"
                      ? "edits in this session"
                      : "what " + std::string{mode} + " mode allows");
  }
}

std::string enumerate(const std::vector<std::string>& words) {
  std::string text;
  const auto named = std::min(words.size(), max_named);
  const auto left = words.size() - named;
  for (std::size_t i = 0; i < named; ++i) {
    if (i > 0)
      text += i + 1 == named && left == 0 ? " and " : ", ";
    text += words[i];
  }
  if (left > 0)
    text += " and " + std::to_string(left) + " more";
  return text;
}

void write_option(json::writer& out, const offered_option& offered) {
  const auto& option = offered.option;
  out.open_object()
    .text("optionId", option.id)
    .text("name", option.name)
    .text("kind", option.kind);
  if (!offered.description.empty() || offered.takes_text) {
    out.key("_meta").open_object();
    if (!offered.description.empty())
      out.text("description", offered.description);
    if (offered.takes_text)
      out.key("customInput").boolean(true);
    out.close_object();
  }
  out.close_object();
}

void set_member(rapidjson::Document& object, const char* name, Value value) {
  while (object.RemoveMember(name)) { // keys may come twice
  }
  object.AddMember(rapidjson::StringRef(name), value, object.GetAllocator());
}

Value text_value(std::string_view text, rapidjson::Document& owner) {
  return Value{text.data(), static_cast<SizeType>(text.size()),
               owner.GetAllocator()};
}

} // namespace

std::string allow_response(std::string_view input, std::string_view updates) {
  json::writer out{input.size() + updates.size() + 64};
  out.open_object().text("behavior", "allow").raw("updatedInput", input);
  if (!updates.empty())
    out.raw("updatedPermissions", updates);
  return out.close_object().take();
}

std::string deny_response(std::string_view message, bool interrupt) {
  return json::writer{message.size() + 64}
    .open_object()
    .text("behavior", "deny")
    .text("message", message)
    .key("interrupt")
    .boolean(interrupt)
    .close_object()
    .take();
}

std::string set_mode_update(std::string_view mode) {
  return json::writer{}
    .open_array()
    .open_object()
    .text("type", "setMode")
    .text("mode", mode)
    .text("destination", "session")
    .close_object()
    .close_array()
    .take();
}

std::string allow_tool_update(std::string_view tool_name) {
  json::writer out;
  out.open_array();
  for (const std::string_view destination : {"session", "localSettings"})
    out.open_object()
      .text("type", "addRules")
      .key("rules")
      .open_array()
      .open_object()
      .text("toolName", tool_name)
      .close_object()
      .close_array()
      .text("behavior", "allow")
      .text("destination", destination)
      .close_object();
  return out.close_array().take();
}

suggested_updates read_suggestions(std::string_view suggestions) {
  suggested_updates read;
  rapidjson::Document document;
  if (!json::read(document, suggestions) || !document.IsArray()
      || document.Empty())
    return read;
  read.json = suggestions;
  std::vector<std::string> words;
  for (const auto& update : document.GetArray()) {
    collect_words(update, words);
    if (json::text_of(json::find(&update, "type")) == "setMode")
      read.mode = json::text_of(json::find(&update, "mode"));
  }
  read.words = enumerate(words);
  return read;
}

permission_question compose_question(std::string_view id,
                                     const std::vector<offered_option>& offered,
                                     std::string_view tool_call,
                                     const tool_call_changes& changes) {
  permission_question question;
  question.id = id;
  json::writer options;
  options.open_array();
  for (const auto& each : offered) {
    question.options.push_back(each.option);
    write_option(options, each);
  }
  question.options_json = options.close_array().take();

  rapidjson::Document document;
  if (!json::read(document, tool_call) || !document.IsObject())
    document.SetObject();
  if (!changes.title.empty())
    set_member(document, "title", text_value(changes.title, document));
  if (!changes.kind.empty())
    set_member(document, "kind", text_value(changes.kind, document));
  rapidjson::Document meta;
  if (!changes.meta.empty() && json::read(meta, changes.meta))
    set_member(document, "_meta", Value{meta, document.GetAllocator()});
  question.title = json::text_of(json::find(document, {"title"}));
  question.tool_call_json = json::dump(document);
  return question;
}

std::string question_meta(std::string_view questions) {
  return json::writer{questions.size() + 64}
    .open_object()
    .text("codeToolKind", "question")
    .raw("questions", questions)
    .close_object()
    .take();
}

std::string tool_name_meta(std::string_view tool_name) {
  return json::writer{}
    .open_object()
    .key("claudeCode")
    .open_object()
    .text("toolName", tool_name)
    .close_object()
    .close_object()
    .take();
}

} // namespace agent_server::claude
