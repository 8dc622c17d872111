#pragma once

#include "messages/error.hpp"

#include <string>
#include <string_view>

namespace agent_server {

/// A failed turn as the control plane is told of it.
struct turn_failure {
  /// `upstream_stream_terminated`, `upstream_connection_error` or
  /// `agent_error`.
  const char* classification = "agent_error";
  std::string message;
};

/// Recognises failures of the model API behind the agent by the error's code,
/// else by the agent's text.
turn_failure classify_failure(const caf::error& err);

/// The code of a failure that the agent has classified itself.
ec failure_code(std::string_view classification);

} // namespace agent_server
