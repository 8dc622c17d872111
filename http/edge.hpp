#pragma once

#include "messages/actors.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace caf {
class actor_system;
}

namespace agent_server {

class access_control;
class io_unit;

/// Where the HTTP edge listens.
struct edge_config {
  /// A name or an address; all addresses of the machine when absent.
  std::optional<std::string> host;
  std::uint16_t port = 0; // 0: any free one
  std::size_t max_connections = 1'000;
};

/// What the HTTP edge speaks with besides the published health.
struct edge_wiring {
  event_stream_actor events;
  commands_actor commands;
  /// JSON of GET /boot; called on the I/O thread.
  std::function<std::string()> boot_report;
  access_control* access = nullptr;    // not owned
  caf::actor_system* system = nullptr; // not owned
  io_unit* unit = nullptr;             // not owned
};

} // namespace agent_server
