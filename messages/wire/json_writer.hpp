#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace agent_server::json {

/// Appends `text` as a JSON string. Bytes that are not UTF-8 (a child's error
/// output, an argument) become U+FFFD, so that the result always parses.
void append_quoted(std::string& out, std::string_view text);

/// Builds one line of compact JSON; sets the commas itself. Values alternate
/// with keys inside an object, which is the caller's to observe.
class writer {
public:
  writer() = default;
  explicit writer(std::size_t expected_size) { out_.reserve(expected_size); }

  writer& open_object() { return open('{'); }
  writer& close_object() { return close('}'); }
  writer& open_array() { return open('['); }
  writer& close_array() { return close(']'); }

  /// `name` needs no escaping.
  writer& key(std::string_view name);
  /// Any name.
  writer& quoted_key(std::string_view name);
  writer& text(std::string_view value);
  writer& number(std::int64_t value);
  writer& boolean(bool value) { return raw(value ? "true" : "false"); }
  writer& null() { return raw("null"); }
  /// `value` is JSON text.
  writer& raw(std::string_view value);

  /// `"name":"value"`.
  writer& text(std::string_view name, std::string_view value) {
    return key(name).text(value);
  }
  writer& number(std::string_view name, std::int64_t value) {
    return key(name).number(value);
  }
  writer& raw(std::string_view name, std::string_view value) {
    return key(name).raw(value);
  }

  std::string take() { return std::move(out_); }

private:
  writer& open(char bracket);
  writer& close(char bracket);
  void separate();

  std::string out_;
  bool needs_comma_ = false;
};

} // namespace agent_server::json
