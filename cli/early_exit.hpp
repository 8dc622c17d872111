#pragma once

#include <string>
#include <utility>

namespace agent_server {

/// What to print, and the status to exit with, instead of running.
struct early_exit {
  int status = 1;
  std::string out; // for stdout
  std::string err; // for stderr
};

/// Exit status 1 with a text on stderr; the newline is added.
inline early_exit refuse(std::string text) {
  return {1, {}, std::move(text) + "\n"};
}

} // namespace agent_server
