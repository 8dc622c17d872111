#include "actors/agent/claude/exec_tool.hpp"

#include "messages/wire/claude/tool_input.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace agent_server::claude {

namespace {

constexpr std::array<std::string_view, 3> destructive_words{"update", "delete",
                                                            "destroy"};
/// Commands of `exec` that only tell about sub-tools.
constexpr std::array<std::string_view, 6> telling_commands{
  "tools", "info", "schema", "search", "list", "help"};
/// Members of the input that name a sub-tool outright.
constexpr std::array<std::string_view, 3> name_members{"tool", "tool_name",
                                                       "name"};

template <class List>
bool contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_destructive(std::string_view name) {
  std::string word;
  auto is_word = [&] { return contains(destructive_words, word); };
  for (const auto c : name) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else {
      if (is_word())
        return true;
      word.clear();
    }
  }
  return is_word();
}

std::string_view take_word(std::string_view& text) {
  constexpr std::string_view blanks = " \t\r";
  const auto begin = std::min(text.find_first_not_of(blanks), text.size());
  text.remove_prefix(begin);
  // JSON may follow a name at once.
  const auto end = std::min(text.find_first_of(" \t\r{"), text.size());
  const auto word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

/// The sub-tool in one line: `call [--json] NAME {…}`, or `NAME {…}`.
std::string_view sub_tool_of(std::string_view line) {
  auto word = take_word(line);
  if (contains(telling_commands, word))
    return {};
  if (word == "call")
    do
      word = take_word(line);
    while (word.substr(0, 2) == "--");
  return word;
}

std::string destructive_sub_tool(std::string_view input) {
  for (const auto member : name_members)
    if (auto name = input_text(input, member); is_destructive(name))
      return name;
  const auto command = input_text(input, "command");
  std::string_view rest = command;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    if (const auto name = sub_tool_of(rest.substr(0, end));
        is_destructive(name))
      return std::string{name};
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size()
         && text.substr(text.size() - end.size()) == end;
}

} // namespace

exec_call read_exec_call(std::string_view tool_name, std::string_view input) {
  exec_call call;
  if (tool_name.substr(0, 5) != "mcp__" || !ends_with(tool_name, "exec"))
    return call;
  call.is_exec = true;
  call.destructive = destructive_sub_tool(input);
  call.scope = std::string{tool_name} + " " + call.destructive;
  return call;
}

} // namespace agent_server::claude
