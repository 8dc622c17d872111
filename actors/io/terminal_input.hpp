#pragma once

#include "messages/terminal.hpp"

#include <asio/io_context.hpp>
#include <functional>
#include <memory>

namespace agent_server {

/// Reads lines from a terminal, a pipe or a file, one each time it is asked.
/// Used on the thread of the `io_context` only.
class terminal_input {
public:
  using taker = std::function<void(typed_line)>;

  /// Does not take over `fd`. `take` is called from the `io_context`, never
  /// after the destructor.
  terminal_input(asio::io_context& io, int fd, taker take);
  ~terminal_input();
  terminal_input(const terminal_input&) = delete;
  terminal_input& operator=(const terminal_input&) = delete;

  /// Asks for one line. Not to be called again before it was given.
  void want_line();

private:
  class reader;
  std::shared_ptr<reader> reader_;
};

} // namespace agent_server
