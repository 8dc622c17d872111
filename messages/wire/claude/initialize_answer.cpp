#include "messages/wire/claude/frame_document.hpp"
#include "messages/wire/json_writer.hpp"

#include <algorithm>
#include <array>

namespace agent_server::claude {

namespace {

using rapidjson::Value;

/// Commands that only make sense in a terminal.
constexpr std::array<std::string_view, 8> terminal_commands{
  "context",       "cost",   "keybindings-help",
  "login",         "logout", "output-style:new",
  "release-notes", "todos"};

constexpr std::string_view mcp_suffix = " (MCP)";

/// Prompts of MCP servers are named as prompts call them.
std::string shown_name(std::string_view name) {
  if (name.size() <= mcp_suffix.size()
      || name.substr(name.size() - mcp_suffix.size()) != mcp_suffix)
    return std::string{name};
  return "mcp:" + std::string{name.substr(0, name.size() - mcp_suffix.size())};
}

std::string hint_of(const Value& command) {
  const auto* hint = json::find(&command, "argumentHint");
  if (hint == nullptr || !hint->IsArray())
    return std::string{json::text_of(hint)};
  std::string out;
  for (const auto& part : hint->GetArray()) {
    if (!out.empty())
      out += ' ';
    out += json::text_of(&part);
  }
  return out;
}

std::string available_commands(const Value* commands) {
  json::writer out{4096};
  out.open_array();
  if (commands != nullptr && commands->IsArray())
    for (const auto& command : commands->GetArray()) {
      const auto name = json::text_of(json::find(&command, "name"));
      if (name.empty()
          || std::find(terminal_commands.begin(), terminal_commands.end(), name)
               != terminal_commands.end())
        continue;
      out.open_object()
        .text("name", shown_name(name))
        .text("description", json::text_of(json::find(&command, "description")))
        .key("input");
      if (const auto hint = hint_of(command); !hint.empty())
        out.open_object().text("hint", hint).close_object();
      else
        out.null();
      out.close_object();
    }
  return out.close_array().take();
}

} // namespace

initialize_answer read_initialize_answer(const frame& response) {
  const auto* answer = member(response, {"response", "response"});
  initialize_answer out;
  out.version = json::text_of(json::find(answer, "claude_code_version"));
  out.commands = available_commands(json::find(answer, "commands"));
  return out;
}

} // namespace agent_server::claude
