#pragma once

#include <string_view>

namespace agent_server::claude {

/// Whether every command of a shell script is known to look and change nothing,
/// so that it may run in plan mode: CLIs without search tools of their own look
/// around by Bash. What is not known for sure is not read-only.
bool only_reads(std::string_view script);

} // namespace agent_server::claude
