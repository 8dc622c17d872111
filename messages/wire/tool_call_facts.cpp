#include "messages/wire/tool_call_facts.hpp"

#include "messages/wire/json_reader.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace agent_server {

namespace {

using rapidjson::Value;

constexpr std::string_view blanks = " \t\r\n";

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// `\bgh\s+pr\s+create\b`
bool opens_pull_request(std::string_view command) {
  for (auto at = command.find("gh"); at != std::string_view::npos;
       at = command.find("gh", at + 1)) {
    if (at > 0 && is_word(command[at - 1]))
      continue;
    auto rest = command.substr(at + 2);
    bool matches = true;
    for (const std::string_view word : {"pr", "create"}) {
      const auto next = std::min(rest.find_first_not_of(blanks), rest.size());
      matches = matches && next > 0 && rest.substr(next, word.size()) == word;
      if (!matches)
        break;
      rest.remove_prefix(next + word.size());
    }
    if (matches && (rest.empty() || !is_word(rest.front())))
      return true;
  }
  return false;
}

bool is_name_character(char c) {
  return is_word(c) || c == '-' || c == '.';
}

/// `https://github.com/<owner>/<repository>/pull/<number>`
std::string find_pull_request(std::string_view text) {
  constexpr std::string_view head = "https://github.com/";
  for (auto at = text.find(head); at != std::string_view::npos;
       at = text.find(head, at + 1)) {
    auto end = at + head.size();
    auto skip = [&](auto accepts) {
      const auto begin = end;
      while (end < text.size() && accepts(text[end]))
        ++end;
      return end > begin;
    };
    auto skip_text = [&](std::string_view wanted) {
      const bool found = text.substr(end, wanted.size()) == wanted;
      end += found ? wanted.size() : 0;
      return found;
    };
    if (skip(is_name_character) && skip_text("/") && skip(is_name_character)
        && skip_text("/pull/")
        && skip([](char c) { return c >= '0' && c <= '9'; }))
      return std::string{text.substr(at, end - at)};
  }
  return {};
}

/// The first address in any text of the value, in the order in which it is
/// written.
std::string find_pull_request(const Value* value) {
  if (value == nullptr)
    return {};
  if (value->IsString())
    return find_pull_request(json::text_of(value));
  std::string found;
  if (value->IsArray())
    for (const auto& item : value->GetArray())
      if (found.empty())
        found = find_pull_request(&item);
  if (value->IsObject())
    for (const auto& member : value->GetObject())
      if (found.empty())
        found = find_pull_request(&member.value);
  return found;
}

/// The command of a call: a text, or the words of an argument vector.
std::string command_of(const Value* command) {
  if (command == nullptr || !command->IsArray())
    return std::string{json::text_of(command)};
  std::string text;
  for (const auto& word : command->GetArray())
    text.append(json::text_of(&word)).append(" ");
  return text;
}

bool changes_files(std::string_view claude_tool) {
  static constexpr std::array<std::string_view, 5> tools{
    "Write", "Edit", "MultiEdit", "Delete", "Move"};
  return std::find(tools.begin(), tools.end(), claude_tool) != tools.end();
}

void read_claude(const Value& claude, tool_call_facts& out) {
  const auto* response = json::find(&claude, "toolResponse");
  const auto tool = json::text_of(json::find(&claude, "toolName"));
  out.changed_file =
    changes_files(tool)
    && !json::text_of(json::find(response, "filePath")).empty();
  out.opens_pull_request =
    opens_pull_request(json::text_of(json::find(&claude, "bashCommand")));
  out.pull_request_url = find_pull_request(response);
}

void read_update(const Value& update, tool_call_facts& out) {
  out.call_id = json::text_of(json::find(&update, "toolCallId"));
  const auto status = json::text_of(json::find(&update, "status"));
  out.completed = status == "completed";
  out.failed = status == "failed";
  const auto* claude = json::find(update, {"_meta", "claudeCode"});
  if (claude != nullptr)
    read_claude(*claude, out);
  const auto kind = json::text_of(json::find(&update, "kind"));
  out.edits_files =
    claude == nullptr && (kind == "edit" || kind == "delete" || kind == "move");
  const auto* input = json::find(&update, "rawInput");
  out.opens_pull_request =
    out.opens_pull_request
    || opens_pull_request(command_of(json::find(input, "command")));
  for (const auto* output :
       {json::find(&update, "rawOutput"), json::find(&update, "content"),
        json::find(update, {"_meta", "terminal_output", "data"})})
    if (out.pull_request_url.empty())
      out.pull_request_url = find_pull_request(output);
}

} // namespace

tool_call_facts read_tool_call(std::string_view line) {
  tool_call_facts out;
  // The many other lines are not parsed.
  if (line.find("\"tool_call") == std::string_view::npos)
    return out;
  rapidjson::Document document;
  if (!json::read(document, line))
    return out;
  const auto* update = json::find(document, {"params", "update"});
  const auto kind = json::text_of(json::find(update, "sessionUpdate"));
  if (kind == "tool_call" || kind == "tool_call_update")
    read_update(*update, out);
  return out;
}

} // namespace agent_server
