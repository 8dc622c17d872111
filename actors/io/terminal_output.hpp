#pragma once

#include <asio/io_context.hpp>
#include <memory>
#include <string_view>

namespace agent_server {

/// Writes to a terminal, a pipe or a file without waiting for a slow reader.
/// Used on the thread of the `io_context` only. The process must ignore
/// SIGPIPE.
class terminal_output {
public:
  /// Does not take over `fd`.
  terminal_output(asio::io_context& io, int fd);

  /// Gives what is not yet written a moment, then drops it.
  ~terminal_output();
  terminal_output(const terminal_output&) = delete;
  terminal_output& operator=(const terminal_output&) = delete;

  void write(std::string_view text);

private:
  class writer;
  std::shared_ptr<writer> writer_;
};

} // namespace agent_server
