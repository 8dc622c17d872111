#pragma once

#include <string>

namespace agent_server {

/// A failed turn as the control plane is told of it.
struct turn_failure {
  /// `upstream_stream_terminated`, `upstream_connection_error` or
  /// `agent_error`.
  const char* classification = "agent_error";
  std::string message;
};

/// Recognises failures of the model API behind the agent by the agent's text.
turn_failure classify_failure(const std::string& text);

} // namespace agent_server
