#pragma once

#include "actors/io/line_splitter.hpp"
#include "actors/io/spawn.hpp"

#include <array>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace agent_server {

/// What is kept of a child's standard error.
constexpr std::size_t max_stderr_tail = 64u << 10;
/// What may wait for a child that does not read.
constexpr std::size_t max_queued_input = 64u << 20;
/// How long a child that closed a pipe may take to end before it counts as one
/// that lives but cannot be talked to.
constexpr std::chrono::milliseconds exit_grace{100};

/// The pipes and the exit of one child process, on the I/O thread. Its status
/// is collected even when nobody holds it any more.
class running_child : public std::enable_shared_from_this<running_child> {
public:
  struct listener {
    std::function<void(std::shared_ptr<const std::string>)> line;
    /// Called at most once, after the last line: how the child ended or became
    /// useless, and whether it broke the protocol.
    std::function<void(std::string how, bool misbehaved)> gone;
  };

  /// Takes over the descriptors.
  running_child(asio::io_context& io, const spawned_child& child);

  /// Begins to wait for the exit. Once, before anything else.
  void start();
  /// Begins to read its output.
  void listen(listener listener);
  /// Queues a line; a newline is added when it has none.
  void write(std::shared_ptr<const std::string> line);
  void end_input();
  /// Closes the pipes and forgets the listener.
  void let_go();

  /// Its process and group.
  pid_t pid() const { return pid_; }
  /// Whether the process ended; collects its status.
  bool ended();
  /// Waits for the end at most so long; for a process that was killed.
  void wait_for_end(std::chrono::milliseconds limit);
  std::string stderr_tail() const;

private:
  void wait_for_exit();
  void exited();
  bool collect_status();
  void read_output();
  void output_ready();
  /// Reads at most so much; false when nothing more will come now.
  bool take_output(std::size_t limit);
  void read_errors();
  bool take_errors(std::size_t limit);
  void drain();
  void write_next();
  void expect_exit(const char* otherwise);
  void finish(std::string how, bool misbehaved);

  static constexpr std::size_t read_size = 64u << 10;

  asio::posix::stream_descriptor exit_;
  asio::posix::stream_descriptor input_;
  asio::posix::stream_descriptor output_;
  asio::posix::stream_descriptor errors_;
  asio::steady_timer grace_;
  pid_t pid_;
  bool ended_ = false;
  bool listening_ = false;
  bool finished_ = false;
  bool output_ended_ = false;
  std::string status_;
  listener listener_;
  line_splitter lines_;
  std::array<char, read_size> buffer_;
  std::string tail_;
  std::deque<std::shared_ptr<const std::string>> queue_;
  std::size_t queued_ = 0;
};

} // namespace agent_server
