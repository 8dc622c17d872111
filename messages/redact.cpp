#include "messages/redact.hpp"

#include <string_view>

namespace agent_server {

std::string redacted(std::string text, const std::vector<secret>& secrets) {
  static constexpr std::string_view instead = "[redacted]";
  for (const auto& hidden : secrets) {
    const auto& word = hidden.reveal();
    if (word.empty())
      continue;
    for (auto at = text.find(word); at != std::string::npos;
         at = text.find(word, at + instead.size()))
      text.replace(at, word.size(), instead);
  }
  return text;
}

} // namespace agent_server
