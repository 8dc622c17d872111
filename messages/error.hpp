#pragma once

#include <atomic>
#include <caf/error.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <cstdint>
#include <string>

namespace agent_server {

/// Every error the program can report. The first group are the failure classes
/// of a boot, as `/health` and the control plane see them.
enum class ec : std::uint8_t {
  none = 0,
  /// A flag, variable or file is wrong; the text names it.
  bad_config,
  /// The control plane did not answer, or answered with a server error.
  control_plane_unreachable,
  /// The control plane answered that it will not serve this task.
  control_plane_refused,
  /// The agent's command is missing or cannot be executed.
  agent_not_found,
  /// The agent's process ended, or closed its output.
  agent_crashed,
  /// The agent did not answer its handshake in time.
  agent_handshake_timeout,
  /// The agent answered its handshake with an error, or not in its protocol.
  agent_refused,
  /// The repository was not in place in time.
  repository_timeout,
  /// A defect of this program.
  internal,

  /// Outbound HTTP: no connection could be made; nothing was sent.
  http_connect,
  /// Outbound HTTP: the connection broke after the request began to go out;
  /// whether it was served is not known.
  http_broken,
  /// Outbound HTTP: no call can work until what the text names is mended: a
  /// library or an authority is missing, the request is malformed.
  http_unusable,
  /// Outbound HTTP: no whole answer in time.
  http_timeout,
  /// Outbound HTTP: the answer is larger than its bound.
  http_too_large,
  /// The control plane will never take these log entries.
  entries_refused,
  /// The control plane may have served this call: its answer was lost.
  answer_lost,
  /// There is no session, or it is closing.
  no_session,
  /// A command's parameter is not acceptable; the text names it.
  invalid_params,
  /// The agent answered a prompt or an option with an error.
  agent_error,
  /// The model API broke off its answer to the agent / could not be reached.
  upstream_stream_terminated,
  upstream_connection_error,
  /// The model gateway did not give a model list.
  gateway_failed,
  /// git could not do what was asked of it.
  workspace_failed,
};

/// The code as the wire spells it, e.g. `agent_crashed`.
std::string to_string(ec code);

/// Makes an error with a sentence for the user.
caf::error make_failure(ec code, std::string text);

/// The sentence given to `make_failure`, or the code's name when there is none.
std::string describe(const caf::error& err);

/// The code of `err`; `ec::internal` for an error of another category.
ec code_of(const caf::error& err);

} // namespace agent_server

CAF_ERROR_CODE_ENUM(agent_server::ec, "agentsrv")
