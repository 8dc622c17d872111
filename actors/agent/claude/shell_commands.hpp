#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent_server::claude {

/// One simple command of a shell script: what a shell would start.
struct shell_command {
  /// Without quotes, redirections, assignments and leading reserved words.
  /// Variables that the script itself set are expanded, others stay as they
  /// are written.
  std::vector<std::string> words;
  /// Here-documents and here-strings.
  std::string input;
  /// The index of the command whose output it reads.
  std::optional<std::size_t> reads_from;
};

/// The commands of a POSIX (or bash) script in the order in which they end,
/// those in substitutions and subshells included. Reads what is not well formed
/// as far as it goes.
std::vector<shell_command> read_shell_commands(std::string_view script);

} // namespace agent_server::claude
