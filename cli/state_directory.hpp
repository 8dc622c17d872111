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

/// The same for a server without a control plane, whose repository may be
/// anywhere: when the default would lie in `repository`, it is
/// `~/.local/state/agent-server/<runId>`, unless that lies in it too.
std::string choose_local_state_directory(const environment& variables,
                                         std::string_view run_id,
                                         const std::string& repository);

/// Whether `path` is `directory` or lies in it, links resolved.
bool lies_in(const std::string& path, const std::string& directory);

/// Makes `config.state_directory`, readable by nobody else; one that lies in
/// the working directory, where that may be, is hidden from git. Returns what
/// the user should know, mostly nothing. Error: `ec::bad_config` when it may
/// not lie where it does, is a link, is somebody else's, or is a directory in
/// use that others share (`/var`, say).
caf::expected<std::string> prepare_state_directory(const server_config& config);

/// Where the events of the run are kept, whatever else the directory is for.
std::string spool_directory(const server_config& config);

/// Writes the token for read-only access from this machine to
/// `<directory>/trace-token`, readable by the owner alone.
caf::error write_trace_token(const std::string& directory, const secret& token);

/// The token that a server left there; empty when there is none.
secret read_trace_token(const std::string& directory);

/// Makes the agent's working directory when it is missing, unless it is yet to
/// come (`--repoReadyFile`). Error: `ec::bad_config`, naming it.
caf::error prepare_working_directory(const server_config& config);

} // namespace agent_server
