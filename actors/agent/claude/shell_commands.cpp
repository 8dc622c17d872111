#include "actors/agent/claude/shell_commands.hpp"

#include "actors/agent/claude/shell_reader.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace agent_server::claude {

namespace {

/// Longer values of variables are not kept: they may double with each use.
constexpr std::size_t max_value = 256;

constexpr std::array<std::string_view, 12> reserved_words{
  "if", "then", "elif", "else", "while",  "until",
  "do", "!",    "{",    "}",    "coproc", "function"};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

bool is_number(std::string_view text) {
  return !text.empty()
         && std::all_of(text.begin(), text.end(),
                        [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// The length of NAME in `NAME=value`; 0 when it is no assignment.
std::size_t assigned_name(std::string_view word) {
  const auto end = word.find('=');
  if (end == std::string_view::npos || end == 0
      || std::isdigit(static_cast<unsigned char>(word[0])) != 0
      || !std::all_of(word.begin(), word.begin() + end, is_name_char))
    return 0;
  return end;
}

} // namespace

void command_reader::run(int closing) {
  while (more()) {
    const auto c = take();
    if (c == closing)
      break;
    read(c);
  }
  end_command();
}

char command_reader::peek(std::size_t ahead) const {
  const auto at = script_.at + ahead;
  return at < script_.text.size() ? script_.text[at] : '\0';
}

bool command_reader::take_if(char c) {
  if (peek() != c || !more())
    return false;
  ++script_.at;
  return true;
}

void command_reader::read(char c) {
  if (is_blank(c))
    return end_word();
  switch (c) {
    case '\n': end_command(); return read_documents();
    case ';': return end_command();
    case '&': return read_ampersand();
    case '|': return read_bar();
    case '(':
      end_command();
      if (!read_arithmetic())
        nest(')');
      reads_from_.reset();
      return;
    case ')': return end_command();
    case '<':
    case '>': return read_redirection(c);
    case '#':
      if (in_word_)
        return append(c);
      while (more() && peek() != '\n')
        take();
      return;
    case '\'':
      in_word_ = quoted_ = true;
      while (more() && peek() != '\'')
        word_ += take();
      take_if('\'');
      return;
    case '"': in_word_ = quoted_ = true; return read_double_quoted('"');
    case '\\':
      if (take_if('\n') || !more())
        return;
      quoted_ = true;
      return append(take());
    case '$': return read_dollar(false);
    case '`': return read_backticks();
    default: append(c);
  }
}

void command_reader::append(char c) {
  in_word_ = true;
  word_ += c;
}

void command_reader::read_ampersand() {
  if (take_if('>')) { // &>file
    take_if('>');
    begin_redirection(redirection::file);
  } else {
    end_command();
  }
}

void command_reader::read_bar() {
  if (take_if('|'))
    return end_command();
  take_if('&');
  const auto before = script_.commands.size();
  end_command();
  if (script_.commands.size() > before)
    reads_from_ = script_.commands.size() - 1;
}

void command_reader::read_redirection(char c) {
  if (peek() == '(') { // <(commands)
    take();
    append_unknown();
    return nest(')');
  }
  if (is_number(word_) && !quoted_) { // 2>file
    word_.clear();
    in_word_ = false;
  }
  if (c == '<' && take_if('<')) {
    if (take_if('<'))
      return begin_redirection(redirection::text);
    return begin_redirection(take_if('-') ? redirection::tabbed_document
                                          : redirection::document);
  }
  while (more() && std::string_view{"<>&|"}.find(peek()) != std::string::npos)
    take();
  begin_redirection(redirection::file);
}

void command_reader::begin_redirection(redirection what) {
  end_word();
  redirection_ = what;
}

void command_reader::end_word() {
  if (!in_word_)
    return;
  auto word = std::move(word_);
  const bool quoted = quoted_;
  word_.clear();
  in_word_ = quoted_ = false;
  const auto target = std::exchange(redirection_, redirection::none);
  switch (target) {
    case redirection::none: return take_word(std::move(word), quoted);
    case redirection::file: return;
    case redirection::text: command_.input += word + "\n"; return;
    case redirection::document:
    case redirection::tabbed_document: break;
  }
  documents_.push_back({std::move(word), target == redirection::tabbed_document,
                        !quoted, std::nullopt});
}

void command_reader::take_word(std::string word, bool quoted) {
  if (command_.words.empty()) {
    if (const auto name = assigned_name(word)) {
      if (word.size() - name <= max_value)
        script_.variables[word.substr(0, name)] = word.substr(name + 1);
      return;
    }
    if (!quoted
        && std::find(reserved_words.begin(), reserved_words.end(), word)
             != reserved_words.end()) {
      skips_name_ = word == "function";
      return;
    }
    if (std::exchange(skips_name_, false))
      return;
  }
  command_.words.push_back(std::move(word));
}

void command_reader::end_command() {
  end_word();
  redirection_ = redirection::none;
  const bool runs = !command_.words.empty();
  if (runs) {
    command_.reads_from = std::exchange(reads_from_, std::nullopt);
    script_.commands.push_back(std::move(command_));
  }
  command_ = {};
  for (auto i = own_documents_; i < documents_.size(); ++i)
    if (runs && !documents_[i].command)
      documents_[i].command = script_.commands.size() - 1;
  own_documents_ = documents_.size();
}

void command_reader::read_documents() {
  for (const auto& document : take_documents()) {
    std::string body;
    while (more()) {
      const auto end =
        std::min(script_.text.find('\n', script_.at), script_.text.size());
      auto line = script_.text.substr(script_.at, end - script_.at);
      script_.at = std::min(end + 1, script_.text.size());
      if (document.strips_tabs)
        line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
      if (line == document.delimiter)
        break;
      body.append(line).push_back('\n');
    }
    if (document.expands)
      read_quoted_text(body);
    if (document.command)
      script_.commands[*document.command].input += body;
  }
  documents_.clear();
  own_documents_ = 0;
}

std::vector<shell_command> read_shell_commands(std::string_view script) {
  std::map<std::string, std::string, std::less<>> variables{{"IFS", " "}};
  std::size_t expanded = 0;
  script_state state{script, 0, {}, variables, expanded};
  command_reader{state, 0}.run(no_closing);
  return std::move(state.commands);
}

} // namespace agent_server::claude
