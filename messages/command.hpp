#pragma once

#include "messages/attachment.hpp"
#include "messages/config.hpp"
#include "messages/workspace.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent_server {

/// A POST /command whose token was accepted.
struct command_request {
  std::string run_id; // of the token
  std::shared_ptr<const std::string> body;
};

/// What to answer: an HTTP status and a JSON body.
struct command_reply {
  int status = 200;
  std::string body;
};

/// A command that came in over HTTP; `answer` writes the response. Used on the
/// I/O thread only.
struct posted_command {
  command_request request;
  /// Called once; with nothing when the command could not be dealt with.
  std::function<void(std::optional<command_reply>)> answer;
};

/// Asks whether there is a session, and for which run.
struct get_session_state {};
struct session_state {
  bool open = false;
  std::string run_id;
};

/// A prompt from a caller; answered at the end of its turn.
struct user_message {
  std::string blocks; // JSON array of content blocks, or empty
  std::vector<attachment> attachments = {};
};
struct user_message_done {
  std::string stop_reason;
  std::string assistant_message;
};

/// A message of a caller (JSON array of content blocks) into the turn that
/// runs; answered at once, and never put off to a turn of its own.
struct steer_turn {
  std::string blocks;
};

struct cancel_turn {};
struct turn_cancelled {};

struct set_config_option {
  std::string id;
  std::string value;
};

/// Gives the session other MCP servers.
struct refresh_session {
  std::vector<mcp_server> mcp_servers;
};
struct session_refreshed {};

/// Asks for the moment at which the first prompt was answered and no other
/// runs or waits. Error: `ec::no_session` when the session ends before.
struct await_idle {};
struct session_idle {
  /// Why the last turn failed; empty when it did not.
  std::string failure;
};

/// Ends the session and its agent; the process stays.
struct close_session {
  /// Where the caller's clone stands, for the last checkpoint.
  local_git_state local = {};
};
struct session_closed {};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::command_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::command_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::posted_command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::get_session_state)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::session_state)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::user_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::user_message_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::steer_turn)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::cancel_turn)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::turn_cancelled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::set_config_option)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::refresh_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::session_refreshed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::await_idle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::session_idle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::close_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::session_closed)
