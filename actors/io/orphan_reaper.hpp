#pragma once

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <memory>

namespace agent_server {

/// Collects the status of orphans that came to this process, at each SIGCHLD.
class orphan_reaper : public std::enable_shared_from_this<orphan_reaper> {
public:
  explicit orphan_reaper(asio::io_context& io);

  void start();
  void stop();

private:
  asio::signal_set signals_;
};

} // namespace agent_server
