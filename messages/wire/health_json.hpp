#pragma once

#include "messages/boot.hpp"

#include <string>

namespace agent_server {

/// The body of `GET /health` at a moment of the steady clock.
std::string health_json(const health_snapshot& snapshot, steady_ns now);

} // namespace agent_server
