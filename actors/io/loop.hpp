#pragma once

#include "actors/io/hosted.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <caf/actor_system.hpp>
#include <functional>

namespace agent_server {

/// The I/O thread's loop: sockets, pipes, signals and the actors hosted on it.
class io_loop {
public:
  io_loop() : work_(io_.get_executor()) {}

  asio::io_context& io() { return io_; }

  /// Calls back on the loop's thread at each SIGINT and SIGTERM.
  void on_signal(std::function<void(int)> call);

  /// Has the loop's thread call this. Safe to call from any thread.
  void post(std::function<void()> call);

  /// Runs until `stop`.
  void run() { io_.run(); }
  /// Safe to call from any thread.
  void stop() { io_.stop(); }

private:
  void wait_for_signal();

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::signal_set signals_{io_};
  std::function<void(int)> call_;
};

} // namespace agent_server
