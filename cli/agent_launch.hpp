#pragma once

#include "actors/agent/acp.hpp"
#include "actors/agent/launch.hpp"
#include "actors/io/spawn.hpp"
#include "messages/config.hpp"

#include <optional>
#include <string>

namespace agent_server {

/// The agent's process, begun before anything else exists: its start-up dwarfs
/// everything.
struct agent_launch {
  /// The agent's executable; empty when none was found.
  std::string program;
  /// The environment entry by which its processes are found again.
  std::string mark;
  /// What the process was started on.
  launch_facts guess;
  first_launch first;
  std::optional<spawned_child> child;
};

/// Starts the agent as far as it can be guessed at exec. A failure is kept in
/// `first.problem` and becomes the boot's.
agent_launch launch_agent(const server_config& config,
                          const std::string& boot_id);

} // namespace agent_server
