#pragma once

#include "messages/config.hpp"
#include "messages/error.hpp"
#include "messages/process.hpp"
#include "messages/wire/acp.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace agent_server {

/// Asks the driver for its handshake (ACP `initialize`).
struct open_agent {};
struct agent_opened {
  std::string name;
  std::string version;
  /// Which process answered: 1, and one more at each `replace_agent`.
  std::uint32_t generation = 1;
};

/// Ends the agent's process and starts another by `plan`, without telling the
/// session. The next `open_agent` is answered by the new one.
struct replace_agent {
  launch_plan plan;
};

/// The repository is in place: an agent that reads it as it starts may start.
struct repository_ready {};

/// Asks for a session.
struct open_session {
  acp::session_params params;
  /// Variables that the agent was started without, or with other values.
  std::vector<std::pair<std::string, std::string>> environment;
  /// The blocks of the first prompt, when they are known: a driver may send
  /// them at once. `prompt_agent` with the same blocks then takes the turn
  /// over.
  std::string first_prompt;
};

/// Config options as the JSON array that callers see.
struct config_options {
  std::string json;
};

struct session_opened {
  std::string session_id;
  /// The agent's own options; `json` is empty when it reported none.
  config_options options;
};

/// Sends a prompt and is answered at the end of its turn.
struct prompt_agent {
  /// JSON array of ACP content blocks.
  std::string blocks;
  /// What the agent is told of the run's pull request before the blocks; not
  /// shown to clients. May be empty.
  std::string pull_request_context = {};
};
struct prompt_ended {
  std::string stop_reason;
  /// The agent's texts of this turn, in order.
  std::vector<std::string> texts;
  /// JSON that answers the task's schema; empty when there is none.
  std::string structured_output;
};

/// Gives the agent a message (JSON array of content blocks) while its turn
/// runs.
struct steer_agent {
  std::string blocks;
};

/// Whether the running turn took the message, and if not, why.
struct steered {
  bool taken = false;
  std::string reason;
};

/// Asks the agent to end the running turn; open permission requests are
/// answered as cancelled.
struct cancel_prompt {};

/// Sets one config option in the agent; `category` is "mode", "model" or other.
/// Answered with the agent's own options (empty when it reports none).
struct set_agent_option {
  std::string id;
  std::string value;
  /// With a model: the effort that goes with it, empty for none. For agents
  /// that report no options of their own.
  std::string effort;
};

/// Ends the agent's process.
struct close_agent {};
struct agent_closed {};

/// Driver to session: the agent is gone outside `close_agent`.
struct agent_gone {
  std::string how;
  ec failure_class = ec::agent_crashed;
};

/// Driver to session: the agent changed its own options.
struct agent_options_changed {
  config_options options;
};

/// Driver to session: the agent changed its mode.
struct agent_mode_changed {
  std::string mode;
  /// The agent has told the clients itself.
  bool announced = true;
};

/// The context window of the session's model, in tokens, once it is known.
struct context_window_known {
  std::int64_t tokens = 0;
};

/// Gives the agent other MCP servers; the conversation goes on.
struct refresh_agent {
  std::vector<mcp_server> mcp_servers;
};
struct agent_refreshed {};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::open_agent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::agent_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::replace_agent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::repository_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::open_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::config_options)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::session_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::prompt_agent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::prompt_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::steer_agent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::steered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::cancel_prompt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::set_agent_option)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::close_agent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::agent_closed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::agent_gone)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::agent_options_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::agent_mode_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::context_window_known)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::refresh_agent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::agent_refreshed)
