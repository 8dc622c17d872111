#pragma once

#include <string_view>

namespace agent_server {

/// Whether a shell command publishes work: `git push`, or `gh pr` with create,
/// edit, ready or merge. Quotes are no shelter: what is quoted may be a command
/// for another shell.
bool publishes(std::string_view command);

} // namespace agent_server
