#include "messages/redact.hpp"

#include "messages/wire/json_writer.hpp"

#include <algorithm>
#include <string_view>

namespace agent_server {

namespace {

constexpr std::size_t least_hidden_size = 8;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

} // namespace

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

std::vector<secret> hidden_in_json(const std::vector<secret>& secrets) {
  std::vector<secret> forms;
  for (const auto& each : secrets) {
    const auto& word = each.reveal();
    if (word.size() < least_hidden_size
        || std::all_of(word.begin(), word.end(), is_digit))
      continue;
    std::string quoted;
    json::append_quoted(quoted, word);
    forms.emplace_back(quoted.substr(1, quoted.size() - 2));
  }
  return forms;
}

} // namespace agent_server
