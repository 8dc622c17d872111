#include "actors/agent/claude/read_only_commands.hpp"

#include "actors/agent/claude/shell_commands.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace agent_server::claude {

namespace {

struct reader {
  std::string_view program;
  /// Words, or beginnings of words, that make it change something or run
  /// another program; separated by blanks.
  std::string_view not_with = {};
};

constexpr std::array<reader, 33> readers{{
  {"basename"},
  {"cat"},
  {"cd"},
  {"cmp"},
  {"cut"},
  {"df"},
  {"diff", "--output"},
  {"dirname"},
  {"du"},
  {"echo"},
  {"egrep"},
  {"false"},
  {"fgrep"},
  {"file", "-C --compile"},
  {"find", "-delete -exec -execdir -ok -okdir -fprint -fls"},
  {"grep"},
  {"head"},
  {"jq"},
  {"ls"},
  {"nl"},
  {"printf"},
  {"pwd"},
  {"readlink"},
  {"realpath"},
  {"rg", "--pre"},
  {"sort", "-o --output --compress-program"},
  {"stat"},
  {"tail"},
  {"test"},
  {"tr"},
  {"true"},
  {"wc"},
  {"which"},
}};

// Subcommands of git that only look, whatever follows them.
constexpr std::array<std::string_view, 15> git_readers{
  "blame",    "cat-file",  "describe", "diff",    "diff-tree",
  "grep",     "log",       "ls-files", "ls-tree", "merge-base",
  "rev-list", "rev-parse", "shortlog", "show",    "status"};

// What they all may be told that writes or runs something.
constexpr std::string_view git_not_with =
  "--output -O --open-files-in-pager --ext-diff --textconv";

bool begins_with_any(std::string_view word, std::string_view beginnings) {
  for (std::size_t begin = 0; begin < beginnings.size();) {
    const auto end = std::min(beginnings.find(' ', begin), beginnings.size());
    const auto each = beginnings.substr(begin, end - begin);
    if (!each.empty() && word.substr(0, each.size()) == each)
      return true;
    begin = end + 1;
  }
  return false;
}

bool any_begins(const std::vector<std::string>& words, std::size_t from,
                std::string_view beginnings) {
  return std::any_of(
    words.begin() + static_cast<std::ptrdiff_t>(std::min(from, words.size())),
    words.end(),
    [&](const auto& word) { return begins_with_any(word, beginnings); });
}

bool git_only_reads(const std::vector<std::string>& words) {
  std::size_t at = 1;
  while (at < words.size() && words[at] == "--no-pager")
    ++at;
  if (at + 1 < words.size() && words[at] == "-C")
    at += 2;
  return at < words.size()
         && std::find(git_readers.begin(), git_readers.end(), words[at])
              != git_readers.end()
         && !any_begins(words, at + 1, git_not_with);
}

bool command_only_reads(const std::vector<std::string>& words) {
  if (words.front() == "git")
    return git_only_reads(words);
  const auto found =
    std::find_if(readers.begin(), readers.end(), [&](const auto& each) {
      return each.program == words.front();
    });
  return found != readers.end() && !any_begins(words, 1, found->not_with);
}

// Redirections that throw output away or join it; any other `>` counts as one
// to a file, quoted or not.
bool writes_to_files(std::string_view script) {
  std::string rest{script};
  for (const std::string_view harmless :
       {"2>&1", "&>/dev/null", "2>/dev/null", "2> /dev/null", ">/dev/null",
        "> /dev/null"})
    for (auto at = rest.find(harmless); at != std::string::npos;
         at = rest.find(harmless, at)) {
      const auto next = at + harmless.size();
      const bool ends = next == rest.size()
                        || std::string_view{" \t\n;|&)"}.find(rest[next])
                             != std::string_view::npos;
      rest.replace(at, harmless.size(), ends ? " " : ">");
    }
  return rest.find('>') != std::string::npos;
}

} // namespace

bool only_reads(std::string_view script) {
  if (writes_to_files(script))
    return false;
  const auto commands = read_shell_commands(script);
  return !commands.empty()
         && std::all_of(
           commands.begin(), commands.end(), [](const shell_command& each) {
             return !each.words.empty() && command_only_reads(each.words);
           });
}

} // namespace agent_server::claude
