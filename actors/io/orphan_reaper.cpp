#include "actors/io/orphan_reaper.hpp"

#include "actors/io/spawn.hpp"

#include <csignal>

namespace agent_server {

orphan_reaper::orphan_reaper(asio::io_context& io) : signals_(io, SIGCHLD) {}

void orphan_reaper::start() {
  signals_.async_wait(
    [self = shared_from_this()](const asio::error_code& error, int) {
      if (error)
        return;
      reap_orphans();
      self->start();
    });
}

void orphan_reaper::stop() {
  asio::error_code ignored;
  signals_.clear(ignored);
  signals_.cancel(ignored);
}

} // namespace agent_server
