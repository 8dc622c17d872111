#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>

namespace agent_server {

/// Ends a process group, its descendants and whoever carries the marker: TERM,
/// and KILL after a grace. On the I/O thread.
class group_end : public std::enable_shared_from_this<group_end> {
public:
  /// `done` is called once, when nothing is left of them, or when they outlive
  /// even KILL.
  group_end(asio::io_context& io, pid_t group, std::string marker,
            std::function<void()> done);

  /// Sends TERM.
  void begin(std::chrono::milliseconds grace);
  /// Brings KILL forward, never back.
  void hurry(std::chrono::milliseconds grace);
  /// `done` will not be called any more.
  void cancel();

private:
  using clock = std::chrono::steady_clock;

  void look();
  void look_later();

  asio::steady_timer timer_;
  pid_t group_;
  std::string marker_;
  std::function<void()> done_;
  clock::time_point kill_at_;
  std::chrono::milliseconds interval_;
};

} // namespace agent_server
