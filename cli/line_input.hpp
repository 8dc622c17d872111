#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace agent_server {

/// Blocking reads of lines from a descriptor that it does not own.
class line_input {
public:
  explicit line_input(int fd) : fd_(fd) {}

  /// The next line without its newline; nothing at the end of the input.
  std::optional<std::string> next();

  /// Whether `next` can be called by then without blocking: a line or the end
  /// of the input is there.
  bool wait(std::chrono::steady_clock::time_point until);

private:
  bool has_line();
  void read_more();

  int fd_;
  std::string buffer_;
  std::size_t searched_ = 0; // no newline before it
  bool ended_ = false;
};

} // namespace agent_server
