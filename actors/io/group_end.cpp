#include "actors/io/group_end.hpp"

#include "actors/io/process_tree.hpp"
#include "actors/trace/recorder.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

namespace agent_server {

namespace {

using namespace std::chrono_literals;

constexpr auto first_interval = 2ms;
constexpr auto longest_interval = 20ms;
// A process in the kernel's hands may not die of KILL; do not wait for ever.
constexpr auto kill_limit = 2s;

} // namespace

group_end::group_end(asio::io_context& io, pid_t group, std::string marker,
                     std::function<void()> done)
  : timer_(io), group_(group), marker_(std::move(marker)),
    done_(std::move(done)), interval_(first_interval) {}

void group_end::begin(std::chrono::milliseconds grace) {
  kill_at_ = clock::now() + grace;
  signal_all(processes_of(group_, marker_), SIGTERM);
  look_later();
}

void group_end::hurry(std::chrono::milliseconds grace) {
  kill_at_ = std::min(kill_at_, clock::now() + grace);
}

void group_end::cancel() {
  done_ = nullptr;
  timer_.cancel();
}

void group_end::look_later() {
  timer_.expires_after(interval_);
  interval_ =
    std::min(2 * interval_, std::chrono::milliseconds{longest_interval});
  timer_.async_wait([self = shared_from_this(), cause = trace::current_cause()](
                      const asio::error_code& error) {
    if (error || !self->done_)
      return;
    trace::scope scope{cause};
    self->look();
  });
}

void group_end::look() {
  const auto left = processes_of(group_, marker_);
  const auto now = clock::now();
  if (left.empty() || now >= kill_at_ + kill_limit) {
    std::exchange(done_, nullptr)();
    return;
  }
  if (now >= kill_at_)
    kill_processes_of({group_}, marker_);
  look_later();
}

} // namespace agent_server
