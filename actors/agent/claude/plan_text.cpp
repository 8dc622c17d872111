#include "actors/agent/claude/plan_text.hpp"

#include <algorithm>

namespace agent_server::claude {

namespace {

constexpr std::ptrdiff_t min_characters = 40;
constexpr std::size_t max_heading_level = 6;
/// More blanks make it a code block.
constexpr std::size_t max_heading_indent = 3;

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::ptrdiff_t characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  });
}

bool is_heading(std::string_view line) {
  const auto indent = std::min(line.find_first_not_of(' '), line.size());
  line.remove_prefix(indent);
  const auto level = std::min(line.find_first_not_of('#'), line.size());
  return indent <= max_heading_indent && level > 0 && level <= max_heading_level
         && line.size() > level && (line[level] == ' ' || line[level] == '\t')
         && !trim(line.substr(level)).empty();
}

bool has_heading(std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (is_heading(text.substr(0, end)))
      return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

} // namespace

std::string missing_of_plan(std::string_view text) {
  const auto plan = trim(text);
  if (plan.empty())
    return "there is no text of it.";
  if (characters(plan) < min_characters)
    return "its text has fewer than " + std::to_string(min_characters)
           + " characters.";
  if (!has_heading(plan))
    return "it has no markdown heading.";
  return {};
}

} // namespace agent_server::claude
