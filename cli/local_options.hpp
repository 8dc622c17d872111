#pragma once

#include "cli/early_exit.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace agent_server {

/// Flags of `agent-server local`.
struct local_options {
  std::string prompt;
  /// Words of `--agent`; empty: the scripted demonstration.
  std::vector<std::string> agent_command;
  std::optional<std::string> repository_path; // absolute
  std::optional<std::string> state;           // absolute
  std::uint16_t port = 0;                     // 0: any free one
  bool once = false;
  bool yes = false;
};

/// Reads the words behind `argv[1]`, which is `local`. Touches nothing outside
/// its arguments.
std::variant<local_options, early_exit>
read_local_options(int argc, const char* const* argv);

} // namespace agent_server
