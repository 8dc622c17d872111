#include "messages/wire/json_writer.hpp"

#include <fmt/format.h>

namespace agent_server::json {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool is_continuation(unsigned char byte) {
  return (byte & 0xC0) == 0x80;
}

/// The length of the UTF-8 sequence at `at`, or 0 when there is none.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  auto byte = [&](std::size_t offset) -> unsigned char {
    return at + offset < text.size()
             ? static_cast<unsigned char>(text[at + offset])
             : 0;
  };
  const auto lead = byte(0);
  const auto second = byte(1);
  if (lead >= 0xC2 && lead <= 0xDF)
    return is_continuation(second) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    // Neither overlong forms nor surrogates.
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F))
      return 0;
    return is_continuation(second) && is_continuation(byte(2)) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
      return 0;
    return is_continuation(second) && is_continuation(byte(2))
               && is_continuation(byte(3))
             ? 4
             : 0;
  }
  return 0;
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

} // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  std::size_t copied = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\') {
      ++at;
      continue;
    }
    if (byte >= 0x80)
      if (const auto length = sequence_length(text, at)) {
        at += length;
        continue;
      }
    out.append(text, copied, at - copied);
    if (byte >= 0x80)
      out += replacement;
    else
      append_escape(out, text[at]);
    copied = ++at;
  }
  out.append(text, copied);
  out += '"';
}

writer& writer::key(std::string_view name) {
  separate();
  out_ += '"';
  out_ += name;
  out_ += "\":";
  needs_comma_ = false;
  return *this;
}

writer& writer::quoted_key(std::string_view name) {
  separate();
  append_quoted(out_, name);
  out_ += ':';
  needs_comma_ = false;
  return *this;
}

writer& writer::text(std::string_view value) {
  separate();
  append_quoted(out_, value);
  return *this;
}

writer& writer::number(std::int64_t value) {
  const fmt::format_int digits{value};
  return raw({digits.data(), digits.size()});
}

writer& writer::raw(std::string_view value) {
  separate();
  out_ += value;
  return *this;
}

writer& writer::open(char bracket) {
  separate();
  out_ += bracket;
  needs_comma_ = false;
  return *this;
}

writer& writer::close(char bracket) {
  out_ += bracket;
  needs_comma_ = true;
  return *this;
}

void writer::separate() {
  if (needs_comma_)
    out_ += ',';
  needs_comma_ = true;
}

} // namespace agent_server::json
