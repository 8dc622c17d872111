#pragma once

#include "messages/log.hpp"

#include <caf/error.hpp>

namespace agent_server {

/// Makes the agent's working directory when it is missing. Blocks on files.
/// Error: `ec::bad_config`, naming it.
caf::error prepare_working_directory(const make_working_directory& ask);

} // namespace agent_server
