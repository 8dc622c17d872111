#pragma once

#include "cli/environment.hpp"
#include "messages/config.hpp"
#include "messages/secret.hpp"

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <string>
#include <string_view>

namespace agent_server {

/// Where the state of a run belongs: `POSTHOG_AGENT_STATE_DIR`, else
/// `$XDG_STATE_HOME/agent-server/<runId>`, else
/// `/tmp/agent-server-<uid>/<runId>`. Touches no file.
std::string choose_state_directory(const environment& variables,
                                   std::string_view run_id);

/// A run id as one path component; what a path cannot hold is replaced.
std::string path_component(std::string_view run_id);

/// Makes `config.state_directory`, readable by nobody else. Error:
/// `ec::bad_config` when it would lie in the working directory, is a link, is
/// somebody else's, or is open to others and not empty.
caf::error prepare_state_directory(const server_config& config);

/// Makes the token for read-only access from this machine and writes it to
/// `<directory>/trace-token`, readable by the owner alone.
caf::error write_trace_token(const std::string& directory, const secret& token);

/// Makes the agent's working directory when it is missing, unless it is yet to
/// come (`--repoReadyFile`). Error: `ec::bad_config`, naming it.
caf::error prepare_working_directory(const server_config& config);

} // namespace agent_server
