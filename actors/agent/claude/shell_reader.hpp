#pragma once

#include "actors/agent/claude/shell_commands.hpp"

#include <map>
#include <utility>

namespace agent_server::claude {

/// No character closes the text: it is read to its end.
inline constexpr int no_closing = -1;

/// What the readers of one script share.
struct script_state {
  std::string_view text;
  std::size_t at = 0;
  std::vector<shell_command> commands;
  std::map<std::string, std::string, std::less<>>& variables;
  /// The length of what variables stood for so far.
  std::size_t& expanded;
};

bool is_name_char(char c);

struct here_document {
  std::string delimiter;
  bool strips_tabs = false;
  bool expands = true;
  std::optional<std::size_t> command; // index; none: nobody reads it
};

/// Reads the commands of a script up to a closing character, or to the end.
class command_reader {
public:
  command_reader(script_state& script, int nesting)
    : script_(script), nesting_(nesting) {}

  void run(int closing);

  /// Documents whose text has not come yet.
  std::vector<here_document> take_documents() { return std::move(documents_); }

  /// Reads the substitutions in text that is quoted, up to a closing character.
  void read_double_quoted(int closing);

private:
  enum class redirection { none, file, document, tabbed_document, text };

  bool more() const { return script_.at < script_.text.size(); }
  char peek(std::size_t ahead = 0) const;
  char take() { return script_.text[script_.at++]; }
  bool take_if(char c);

  // Commands, redirections and here-documents: shell_commands.cpp.
  void read(char c);
  void read_ampersand();
  void read_bar();
  void read_redirection(char c);
  void begin_redirection(redirection what);
  void read_documents();
  void append(char c);
  void end_word();
  void take_word(std::string word, bool quoted);
  void end_command();

  // Quotes, variables and substitutions: shell_expansion.cpp.
  void append_unknown();
  void read_escape_in_quotes();
  void read_ansi_quoted();
  void read_dollar(bool in_quotes);
  /// `${NAME}`, `${NAME:-default}`; other operators stay as they are written.
  void read_braced(bool in_quotes);
  void expand(std::string_view name, const std::string& otherwise,
              bool in_quotes);
  /// Behind a "(": whether `((…))` follows, which holds no commands of its own
  /// and whose `<<` is no redirection.
  bool read_arithmetic();
  void nest(char closing);
  void read_backticks();
  /// Nested text that does not lie in the script as it is read.
  void read_script(std::string_view text);
  /// Finds the substitutions in text that expands but is split nowhere.
  void read_quoted_text(std::string_view text);
  void adopt(std::vector<shell_command> commands);

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

} // namespace agent_server::claude
