#pragma once

#include "cli/agent_launch.hpp"
#include "cli/local_options.hpp"
#include "cli/process_start.hpp"
#include "messages/config.hpp"

#include <optional>
#include <string>

namespace agent_server {

/// Starts the agent, runs a server around it until it is told to end, and then
/// exits the process; with status 1 when the server could not be started. With
/// `local`, the control plane is a directory and the terminal takes part.
[[noreturn]] void run_agent_server(const server_config& config,
                                   const process_start& start,
                                   const std::string& boot_id,
                                   const std::optional<local_options>& local);

} // namespace agent_server
