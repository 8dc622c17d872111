#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

namespace agent_server {

/// Requests that hang until something happens or their time is over. One timer
/// serves them all. I/O thread only.
class waiters {
public:
  using clock = std::chrono::steady_clock;

  explicit waiters(asio::io_context& io) : timer_(io) {}

  /// `answer` is called once, at `expiry` or when all are woken, unless the
  /// connection goes first.
  void add(std::uint64_t connection, clock::time_point expiry,
           std::function<void()> answer);
  void wake_all();
  void connection_gone(std::uint64_t connection);
  std::size_t size() const { return waiting_.size(); }

private:
  using key = std::pair<clock::time_point, std::uint64_t>;
  struct waiter {
    std::uint64_t connection;
    std::function<void()> answer;
  };

  void arm();
  void expire();
  void answer(std::map<key, waiter>::iterator which);

  asio::steady_timer timer_;
  clock::time_point armed_for_ = clock::time_point::max();
  std::uint64_t next_ = 0;
  std::map<key, waiter> waiting_;
  std::unordered_multimap<std::uint64_t, key> by_connection_;
};

} // namespace agent_server
