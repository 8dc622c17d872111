#include "messages/boot.hpp"

namespace agent_server {

const char* to_string(boot_phase phase) {
  switch (phase) {
    case boot_phase::context_fetch: return "context_fetch";
    case boot_phase::acp_initialize: return "acp_initialize";
    case boot_phase::repository_ready: return "repository_ready";
    case boot_phase::session_dependencies: return "session_dependencies";
    case boot_phase::session_create: return "session_create";
  }
  return "unknown";
}

} // namespace agent_server
