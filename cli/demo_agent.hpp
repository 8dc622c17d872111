#pragma once

namespace agent_server {

/// Speaks the Agent Client Protocol on stdin and stdout as a scripted
/// demonstration: no model is behind it, and it says so. Blocks until the end
/// of stdin; returns the exit status.
int run_demo_agent();

} // namespace agent_server
