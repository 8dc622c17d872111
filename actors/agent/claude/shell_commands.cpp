#include "actors/agent/claude/shell_commands.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <utility>

namespace agent_server::claude {

namespace {

/// Deeper nesting of substitutions and subshells is not looked into.
constexpr int max_nesting = 32;
/// Longer values of variables are not kept: they may double with each use.
constexpr std::size_t max_value = 256;

/// Stands for the output of a command that is not run here.
constexpr std::string_view unknown_output = "$()";

/// No character closes the text: it is read to its end.
constexpr int no_closing = -1;

constexpr std::array<std::string_view, 12> reserved_words{
  "if", "then", "elif", "else", "while",  "until",
  "do", "!",    "{",    "}",    "coproc", "function"};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

bool is_name_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
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

/// What the readers of one script share.
struct script_state {
  std::string_view text;
  std::size_t at = 0;
  std::vector<shell_command> commands;
  std::map<std::string, std::string, std::less<>> variables;
};

struct here_document {
  std::string delimiter;
  bool strips_tabs = false;
  bool expands = true;
  std::optional<std::size_t> command; // index; none: nobody reads it
};

/// Reads the commands up to a closing character, or to the end.
class command_reader {
public:
  command_reader(script_state& script, int nesting)
    : script_(script), nesting_(nesting) {}

  void run(int closing) {
    while (more()) {
      const auto c = take();
      if (c == closing)
        break;
      read(c);
    }
    end_command();
  }

  /// Documents whose text has not come yet.
  std::vector<here_document> take_documents() { return std::move(documents_); }

  /// Reads the substitutions in text that is quoted, up to a closing character.
  void read_double_quoted(int closing) {
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

private:
  enum class redirection { none, file, document, tabbed_document, text };

  bool more() const { return script_.at < script_.text.size(); }
  char peek(std::size_t ahead = 0) const {
    const auto at = script_.at + ahead;
    return at < script_.text.size() ? script_.text[at] : '\0';
  }
  char take() { return script_.text[script_.at++]; }
  bool take_if(char c) {
    if (peek() != c || !more())
      return false;
    ++script_.at;
    return true;
  }

  void read(char c) {
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

  void append(char c) {
    in_word_ = true;
    word_ += c;
  }

  void append_unknown() {
    in_word_ = true;
    word_ += unknown_output;
  }

  void read_ampersand() {
    if (take_if('>')) { // &>file
      take_if('>');
      begin_redirection(redirection::file);
    } else {
      end_command();
    }
  }

  void read_bar() {
    if (take_if('|'))
      return end_command();
    take_if('&');
    const auto before = script_.commands.size();
    end_command();
    if (script_.commands.size() > before)
      reads_from_ = script_.commands.size() - 1;
  }

  void read_redirection(char c) {
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

  void begin_redirection(redirection what) {
    end_word();
    redirection_ = what;
  }

  /// Behind a "(": whether `((…))` follows, which holds no commands of its own
  /// and whose `<<` is no redirection.
  bool read_arithmetic() {
    if (peek() != '(')
      return false;
    const auto begin = script_.at + 1;
    int depth = 2;
    auto end = begin;
    for (; end < script_.text.size() && depth > 1; ++end)
      depth += script_.text[end] == '(' ? 1 : script_.text[end] == ')' ? -1 : 0;
    if (depth > 1 || end >= script_.text.size() || script_.text[end] != ')')
      return false;
    script_.at = end + 1;
    read_quoted_text(script_.text.substr(begin, end - 1 - begin));
    return true;
  }

  void nest(char closing) {
    if (nesting_ >= max_nesting)
      return;
    command_reader inner{script_, nesting_ + 1};
    inner.reads_from_ = reads_from_;
    inner.run(closing);
    for (auto& document : inner.take_documents())
      documents_.push_back(std::move(document));
  }

  void read_escape_in_quotes() {
    const auto c = take();
    if (c == '\n')
      return;
    if (std::string_view{"$`\"\\"}.find(c) == std::string_view::npos)
      word_ += '\\';
    word_ += c;
  }

  // The text between backticks is a script of its own.
  void read_backticks() {
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

  // Nested text that does not lie in the script as it is read.
  void read_script(std::string_view text) {
    if (nesting_ >= max_nesting)
      return;
    script_state inner{text, 0, {}, script_.variables};
    command_reader{inner, nesting_ + 1}.run(no_closing);
    adopt(std::move(inner.commands));
  }

  void adopt(std::vector<shell_command> commands) {
    const auto offset = script_.commands.size();
    for (auto& command : commands) {
      if (command.reads_from)
        *command.reads_from += offset;
      script_.commands.push_back(std::move(command));
    }
  }

  void read_dollar(bool in_quotes) {
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

  // ${NAME}, ${NAME:-default}; other operators stay as they are written.
  void read_braced(bool in_quotes) {
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
      std::find_if_not(inner.begin(), inner.end(), is_name_char)
      - inner.begin());
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

  /// Finds the substitutions in text that expands but is split nowhere.
  void read_quoted_text(std::string_view text) {
    if (nesting_ >= max_nesting)
      return;
    script_state inner{text, 0, {}, script_.variables};
    command_reader{inner, nesting_ + 1}.read_double_quoted(no_closing);
    adopt(std::move(inner.commands));
  }

  void expand(std::string_view name, const std::string& otherwise,
              bool in_quotes) {
    const auto known = script_.variables.find(name);
    const auto& value =
      known == script_.variables.end() ? otherwise : known->second;
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

  void read_ansi_quoted() {
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

  void end_word() {
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
    documents_.push_back({std::move(word),
                          target == redirection::tabbed_document, !quoted,
                          std::nullopt});
  }

  void take_word(std::string word, bool quoted) {
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

  void end_command() {
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

  void read_documents() {
    for (const auto& document : take_documents()) {
      std::string body;
      while (more()) {
        const auto end =
          std::min(script_.text.find('\n', script_.at), script_.text.size());
        auto line = script_.text.substr(script_.at, end - script_.at);
        script_.at = std::min(end + 1, script_.text.size());
        if (document.strips_tabs)
          line.remove_prefix(
            std::min(line.find_first_not_of('\t'), line.size()));
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

  script_state& script_;
  int nesting_;
  shell_command command_;
  std::string word_;
  bool in_word_ = false;
  bool quoted_ = false;
  /// The next word names a function.
  bool skips_name_ = false;
  redirection redirection_ = redirection::none;
  std::optional<std::size_t> reads_from_;
  std::vector<here_document> documents_;
  /// Documents from here on belong to the command at hand.
  std::size_t own_documents_ = 0;
};

} // namespace

std::vector<shell_command> read_shell_commands(std::string_view script) {
  script_state state{script, 0, {}, {{"IFS", " "}}};
  command_reader{state, 0}.run(no_closing);
  return std::move(state.commands);
}

} // namespace agent_server::claude
