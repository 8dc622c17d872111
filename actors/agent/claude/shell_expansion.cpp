// Quotes, variables and substitutions.
#include "actors/agent/claude/shell_reader.hpp"

#include <algorithm>
#include <cctype>

namespace agent_server::claude {

namespace {

/// Deeper nesting of substitutions and subshells is not looked into.
constexpr int max_nesting = 32;
/// What all variables of a script may stand for; from there on they stay as
/// they are written.
constexpr std::size_t max_expansion = 64u << 10;
constexpr std::size_t max_arithmetic = 256;

/// Stands for the output of a command that is not run here.
constexpr std::string_view unknown_output = "$()";

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

} // namespace

bool is_name_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

void command_reader::read_double_quoted(int closing) {
  while (more()) {
    const auto c = take();
    if (c == closing)
      return;
    if (c == '\\' && more())
      read_escape_in_quotes();
    else if (c == '$')
      read_dollar(true);
    else if (c == '`')
      read_backticks();
    else
      word_ += c;
  }
}

void command_reader::append_unknown() {
  in_word_ = true;
  word_ += unknown_output;
}

bool command_reader::read_arithmetic() {
  if (peek() != '(')
    return false;
  const auto begin = script_.at + 1;
  int depth = 2;
  auto end = begin;
  const auto limit = std::min(begin + max_arithmetic, script_.text.size());
  for (; end < limit && depth > 1; ++end)
    depth += script_.text[end] == '(' ? 1 : script_.text[end] == ')' ? -1 : 0;
  if (depth > 1 || end >= script_.text.size() || script_.text[end] != ')')
    return false;
  script_.at = end + 1;
  read_quoted_text(script_.text.substr(begin, end - 1 - begin));
  return true;
}

void command_reader::nest(char closing) {
  if (nesting_ >= max_nesting)
    return;
  command_reader inner{script_, nesting_ + 1};
  inner.reads_from_ = reads_from_;
  inner.run(closing);
  for (auto& document : inner.take_documents())
    documents_.push_back(std::move(document));
}

void command_reader::read_escape_in_quotes() {
  const auto c = take();
  if (c == '\n')
    return;
  if (std::string_view{"$`\"\\"}.find(c) == std::string_view::npos)
    word_ += '\\';
  word_ += c;
}

void command_reader::read_backticks() {
  std::string inner;
  while (more() && peek() != '`') {
    auto c = take();
    if (c == '\\' && (peek() == '`' || peek() == '\\' || peek() == '$'))
      c = take();
    inner += c;
  }
  take_if('`');
  append_unknown();
  read_script(inner);
}

void command_reader::read_script(std::string_view text) {
  if (nesting_ >= max_nesting)
    return;
  script_state inner{text, 0, {}, script_.variables, script_.expanded};
  command_reader{inner, nesting_ + 1}.run(no_closing);
  adopt(std::move(inner.commands));
}

void command_reader::adopt(std::vector<shell_command> commands) {
  const auto offset = script_.commands.size();
  for (auto& command : commands) {
    if (command.reads_from)
      *command.reads_from += offset;
    script_.commands.push_back(std::move(command));
  }
}

void command_reader::read_dollar(bool in_quotes) {
  if (!in_quotes && take_if('\'')) {
    in_word_ = quoted_ = true;
    return read_ansi_quoted();
  }
  if (!in_quotes && take_if('"')) {
    in_word_ = quoted_ = true;
    return read_double_quoted('"');
  }
  if (take_if('(')) {
    append_unknown();
    if (!read_arithmetic())
      nest(')');
    return;
  }
  if (take_if('{'))
    return read_braced(in_quotes);
  std::string name;
  while (is_name_char(peek()))
    name += take();
  expand(name, "$" + name, in_quotes);
}

void command_reader::read_braced(bool in_quotes) {
  const auto begin = script_.at;
  int depth = 1;
  while (more() && depth > 0) {
    const auto c = take();
    depth += c == '{' ? 1 : c == '}' ? -1 : 0;
  }
  auto inner = script_.text.substr(begin, script_.at - begin);
  if (depth == 0)
    inner.remove_suffix(1);
  const auto end = static_cast<std::size_t>(
    std::find_if_not(inner.begin(), inner.end(), is_name_char) - inner.begin());
  auto rest = inner.substr(end);
  std::string otherwise = "${" + std::string{inner} + "}";
  if (!rest.empty() && rest[0] == ':')
    rest.remove_prefix(1);
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '='))
    otherwise = rest.substr(1);
  if (inner.find("$(") != std::string_view::npos
      || inner.find('`') != std::string_view::npos)
    read_quoted_text(inner);
  expand(inner.substr(0, end), otherwise, in_quotes);
}

void command_reader::read_quoted_text(std::string_view text) {
  if (nesting_ >= max_nesting)
    return;
  script_state inner{text, 0, {}, script_.variables, script_.expanded};
  command_reader{inner, nesting_ + 1}.read_double_quoted(no_closing);
  adopt(std::move(inner.commands));
}

void command_reader::expand(std::string_view name, const std::string& otherwise,
                            bool in_quotes) {
  const auto known = script_.variables.find(name);
  const bool is_known =
    known != script_.variables.end() && script_.expanded < max_expansion;
  const auto& value = is_known ? known->second : otherwise;
  script_.expanded += value.size();
  if (in_quotes) {
    word_ += value;
    return;
  }
  for (const auto c : value)
    if (is_blank(c) || c == '\n')
      end_word();
    else
      append(c);
}

void command_reader::read_ansi_quoted() {
  while (more()) {
    auto c = take();
    if (c == '\'')
      return;
    if (c == '\\' && more()) {
      c = take();
      c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
    word_ += c;
  }
}

} // namespace agent_server::claude
