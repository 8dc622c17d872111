#pragma once

#include <caf/error.hpp>
#include <string>
#include <string_view>

namespace agent_server {

/// Replaces a file by one that nobody else may read. Error: `ec::bad_config`,
/// naming it.
caf::error write_private_file(const std::string& path, std::string_view text);

} // namespace agent_server
