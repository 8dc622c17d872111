#include "messages/wire/json_text.hpp"

#include <cstdint>

namespace agent_server {

namespace {

constexpr auto replacement = "\xEF\xBF\xBD";

// The length of the UTF-8 sequence that `text` begins with; 0: it begins none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto first = byte(0);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xC2 && first < 0xE0 ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80)
      return 0;
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F)
      || (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F))
    return 0;
  return length;
}

void append_control(std::string& result, unsigned char c) {
  constexpr auto digits = "0123456789abcdef";
  result += "\\u00";
  result += digits[c >> 4];
  result += digits[c & 15];
}

} // namespace

std::string json_quote(std::string_view text) {
  std::string result = "\"";
  result.reserve(text.size() + 2);
  while (!text.empty()) {
    const auto length = sequence_length(text);
    const auto c = static_cast<unsigned char>(text.front());
    if (length == 0)
      result += replacement;
    else if (c == '"' || c == '\\')
      (result += '\\') += text.front();
    else if (c == '\n')
      result += "\\n";
    else if (c == '\r')
      result += "\\r";
    else if (c == '\t')
      result += "\\t";
    else if (c < 0x20)
      append_control(result, c);
    else
      result += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result += '"';
}

} // namespace agent_server
