#pragma once

#include "http/access.hpp"
#include "http/edge.hpp"

#include <asio/io_context.hpp>
#include <caf/expected.hpp>
#include <cstdint>
#include <memory>

namespace agent_server {

/// The HTTP edge: /health, /events, /command, /boot. I/O thread only; lives as
/// long as the context runs. It answers /health from the first; requests that
/// need an actor are kept until `connect`.
class http_server {
public:
  http_server(asio::io_context& io, edge_config config,
              std::shared_ptr<published_health> health);
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// Listens; returns the port. Errors: `ec::bad_config`, naming `--port` or
  /// `--host` and the reason.
  caf::expected<std::uint16_t> open();

  /// Spawns the edge's actors and takes the requests that were kept. Once.
  void connect(edge_wiring wiring);

  /// An actor that wakes those who wait for readiness. Hosted on the I/O
  /// thread; once.
  readiness_actor watch(io_unit& unit);

  /// Accepts nobody any more, answers those who wait, ends the streams. Every
  /// answer from then on closes its connection. The context must be polled
  /// once more for the edge's actors to end.
  void close();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace agent_server
