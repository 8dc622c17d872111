#include "messages/publish_command.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace agent_server {

namespace {

// Stands for whatever ends one command and begins another.
constexpr std::string_view command_end = ";";

std::vector<std::string> words_of(std::string_view command) {
  std::vector<std::string> words;
  std::string word;
  auto end_word = [&] {
    if (!word.empty())
      words.push_back(std::move(word));
    word.clear();
  };
  for (const char c : command) {
    if (std::string_view{";|&\n(){}`"}.find(c) != std::string_view::npos) {
      end_word();
      words.emplace_back(command_end);
    } else if (std::string_view{" \t\r\"'"}.find(c) != std::string_view::npos) {
      end_word();
    } else if (c != '\\') {
      word += c;
    }
  }
  end_word();
  return words;
}

template <std::size_t Size>
bool is_one_of(std::string_view word,
               const std::array<std::string_view, Size>& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool names_program(std::string_view word, std::string_view program) {
  const auto slash = word.rfind('/');
  return word.substr(slash == std::string_view::npos ? 0 : slash + 1)
         == program;
}

/// The index of the first word behind `at` that is neither an option nor an
/// option's value.
std::size_t skip_options(const std::vector<std::string>& words,
                         std::size_t at) {
  constexpr std::array<std::string_view, 9> with_value{
    "-C",          "-c",           "--git-dir", "--work-tree", "--namespace",
    "--exec-path", "--config-env", "-R",        "--repo"};
  while (++at < words.size() && words[at].front() == '-')
    if (is_one_of(words[at], with_value))
      ++at;
  return at;
}

} // namespace

bool publishes(std::string_view command) {
  constexpr std::array<std::string_view, 4> publishing{"create", "edit",
                                                       "ready", "merge"};
  const auto words = words_of(command);
  auto word = [&](std::size_t at) {
    return at < words.size() ? std::string_view{words[at]} : std::string_view{};
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (names_program(words[i], "git")
        && word(skip_options(words, i)) == "push")
      return true;
    if (names_program(words[i], "gh")) {
      const auto pr = skip_options(words, i);
      if (word(pr) == "pr"
          && is_one_of(word(skip_options(words, pr)), publishing))
        return true;
    }
  }
  return false;
}

} // namespace agent_server
