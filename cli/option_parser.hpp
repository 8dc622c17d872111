#pragma once

#include "cli/early_exit.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace agent_server {

/// One option of a command.
struct option_spec {
  std::string name;     // without its dashes
  std::string argument; // as the help shows it; empty: a switch
  std::string help;
  bool required = false;
};

/// The options of a command and what its help says around them.
struct option_set {
  std::string command; // e.g. "agent-server local"
  std::string summary;
  std::vector<option_spec> options;
  std::string epilogue; // printed below the options
};

/// Values by option name; of an option given several times, the last.
using option_values = std::map<std::string, std::string, std::less<>>;

/// Reads the words from `argv[first]` on. `--x v` and `--x=v` are the same; a
/// value may begin with a dash; names cannot be abbreviated. `-h` and
/// `--version` give an `early_exit` with status 0, anything that is wrong one
/// with status 1.
std::variant<option_values, early_exit> parse_options(const option_set& set,
                                                      int argc,
                                                      const char* const* argv,
                                                      int first);

/// The value of an option; nullptr when it was not given.
const std::string* find(const option_values& values, std::string_view name);

} // namespace agent_server
