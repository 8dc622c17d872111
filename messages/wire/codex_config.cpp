#include "messages/wire/config_json.hpp"

namespace agent_server {

namespace {

/// Walks the top-level keys of a TOML file, up to its first table. It reads
/// strings and passes over every other value; what it cannot read ends the
/// walk.
class toml_scanner {
public:
  explicit toml_scanner(std::string_view text) : rest_(text) {}

  /// The string value of a key, or empty.
  std::string find(std::string_view wanted) {
    for (;;) {
      skip_blank_lines();
      if (rest_.empty() || rest_.front() == '[')
        return {};
      const auto key = read_key();
      skip_blanks();
      if (!take('='))
        return {};
      skip_blanks();
      if (key == wanted && is_quote(peek()))
        return read_string();
      skip_value();
    }
  }

private:
  static bool is_quote(char c) { return c == '"' || c == '\''; }

  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool take(char c) {
    if (peek() != c)
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  void skip_any_of(std::string_view set) {
    const auto end = rest_.find_first_not_of(set);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
  }

  void skip_blanks() { skip_any_of(" \t"); }

  void skip_comment() {
    const auto end = rest_.find('\n');
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
  }

  void skip_blank_lines() {
    for (;;) {
      skip_any_of(" \t\r\n");
      if (peek() != '#')
        return;
      skip_comment();
    }
  }

  /// A dotted key counts as the text it is written with.
  std::string read_key() {
    if (is_quote(peek()))
      return read_string();
    const auto end = rest_.find_first_of("= \t\r\n");
    std::string key{rest_.substr(0, end)};
    rest_.remove_prefix(key.size());
    return key;
  }

  std::string read_string() {
    const char quote = peek();
    const std::string triple(3, quote);
    if (rest_.substr(0, 3) == triple) {
      rest_.remove_prefix(3);
      take('\r');
      take('\n');
      return read_until(triple, quote == '"');
    }
    rest_.remove_prefix(1);
    return read_until({&quote, 1}, quote == '"');
  }

  std::string read_until(std::string_view end, bool escapes) {
    std::string text;
    while (!rest_.empty()) {
      if (rest_.substr(0, end.size()) == end) {
        rest_.remove_prefix(end.size());
        return text;
      }
      if (escapes && rest_.size() > 1 && take('\\'))
        text += unescaped(peek());
      else
        text += peek();
      rest_.remove_prefix(1);
    }
    return {};
  }

  static char unescaped(char c) {
    switch (c) {
      case 'n': return '\n';
      case 't': return '\t';
      case 'r': return '\r';
      default: return c;
    }
  }

  /// Up to the end of the line, or of the brackets that it opened.
  void skip_value() {
    int depth = 0;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (is_quote(c)) {
        read_string();
        continue;
      }
      if (c == '#') {
        skip_comment();
        continue;
      }
      if (c == '\n' && depth <= 0)
        return;
      if (c == '[' || c == '{')
        ++depth;
      else if (c == ']' || c == '}')
        --depth;
      rest_.remove_prefix(1);
    }
  }

  std::string_view rest_;
};

} // namespace

std::string model_of_codex_config(std::string_view toml) {
  return toml_scanner{toml}.find("model");
}

} // namespace agent_server
