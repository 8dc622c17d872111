#include "http/waiters.hpp"

namespace agent_server {

void waiters::add(std::uint64_t connection, clock::time_point expiry,
                  std::function<void()> answer) {
  const key when{expiry, next_++};
  waiting_.emplace(when, waiter{connection, std::move(answer)});
  by_connection_.emplace(connection, when);
  arm();
}

void waiters::wake_all() {
  while (!waiting_.empty())
    answer(waiting_.begin());
  arm();
}

void waiters::connection_gone(std::uint64_t connection) {
  const auto [first, last] = by_connection_.equal_range(connection);
  if (first == last)
    return;
  for (auto i = first; i != last; ++i)
    waiting_.erase(i->second);
  by_connection_.erase(first, last);
  arm();
}

void waiters::answer(std::map<key, waiter>::iterator which) {
  const auto [first, last] =
    by_connection_.equal_range(which->second.connection);
  for (auto i = first; i != last; ++i) {
    if (i->second == which->first) {
      by_connection_.erase(i);
      break;
    }
  }
  // Out of the books first: the answer may come back here.
  const auto call = std::move(which->second.answer);
  waiting_.erase(which);
  call();
}

void waiters::arm() {
  if (waiting_.empty()) {
    if (armed_for_ != clock::time_point::max()) {
      armed_for_ = clock::time_point::max();
      timer_.cancel();
    }
    return;
  }
  const auto nearest = waiting_.begin()->first.first;
  // A timer that fires early finds nothing and is armed anew.
  if (armed_for_ <= nearest)
    return;
  armed_for_ = nearest;
  timer_.expires_at(nearest);
  timer_.async_wait([this](const std::error_code& cancelled) {
    if (!cancelled)
      expire();
  });
}

void waiters::expire() {
  armed_for_ = clock::time_point::max();
  const auto now = clock::now();
  while (!waiting_.empty() && waiting_.begin()->first.first <= now)
    answer(waiting_.begin());
  arm();
}

} // namespace agent_server
