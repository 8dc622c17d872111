#include "messages/utf8.hpp"

#include <algorithm>

namespace agent_server::utf8 {

namespace {

bool begins_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

} // namespace

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
    std::count_if(text.begin(), text.end(), begins_character));
}

std::string_view first(std::string_view text, std::size_t count) {
  std::size_t seen = 0;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (begins_character(text[at]) && ++seen > count)
      return text.substr(0, at);
  return text;
}

std::string_view last(std::string_view text, std::size_t count) {
  std::size_t seen = 0;
  for (auto at = text.size(); at > 0; --at) {
    if (seen == count)
      return text.substr(at);
    seen += begins_character(text[at - 1]) ? 1 : 0;
  }
  return text;
}

} // namespace agent_server::utf8
