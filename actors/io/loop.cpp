#include "actors/io/loop.hpp"

#include "actors/trace/recorder.hpp"

#include <asio/post.hpp>
#include <csignal>
#include <utility>

namespace agent_server {

void io_loop::on_signal(std::function<void(int)> call) {
  call_ = std::move(call);
  signals_.add(SIGINT);
  signals_.add(SIGTERM);
  wait_for_signal();
}

void io_loop::post(std::function<void()> call) {
  asio::post(io_, std::move(call));
}

void io_loop::wait_for_signal() {
  signals_.async_wait([this](const asio::error_code& error, int number) {
    if (error)
      return;
    trace::scope scope{trace::note_edge("signal")};
    call_(number);
    wait_for_signal();
  });
}

} // namespace agent_server
