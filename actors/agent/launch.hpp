#pragma once

#include "actors/agent/claude/cli_command.hpp"
#include "messages/config.hpp"
#include "messages/process.hpp"

#include <caf/expected.hpp>
#include <string>

namespace agent_server {

/// argv[0] by which this program knows that it is to be the demonstration.
inline constexpr const char* demonstration_name = "demo-agent";

/// What of the task changes how an agent is started. At exec it is not known
/// yet, and the defaults are assumed; a process started on a wrong assumption
/// is replaced before it gets a session, or told what is different.
struct launch_facts {
  bool internal = false;
  std::string pull_request_url;
  /// For an agent that is told its session as it starts.
  claude::cli_session session;

  bool operator==(const launch_facts&) const = default;
};

/// The gateway that the agent and the catalogue use: `LLM_GATEWAY_URL` as it
/// is, else derived from the API's host and the product. Empty in local mode.
std::string gateway_url(const server_config& config, bool internal);

/// Whether this server speaks to the Claude CLI itself: it is the adapter's
/// agent, or the one named, without arguments. Any other agent speaks ACP.
bool drives_claude(const server_config& config);

/// The executable of the configured agent, searched on the PATH of the
/// inherited environment. Error: `ec::agent_not_found` with the line that
/// installs it.
caf::expected<std::string> find_agent(const server_config& config);

/// Whether the repository is at exec not yet as the agent is to see it.
bool repository_comes_later(const server_config& config);

/// How the agent is started. `mark` is an environment entry by which processes
/// that leave the agent's group are found again.
launch_plan make_launch_plan(const server_config& config,
                             const std::string& program,
                             const launch_facts& facts,
                             const std::string& mark);

} // namespace agent_server
