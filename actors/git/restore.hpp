#pragma once

#include "actors/git/git.hpp"
#include "messages/workspace.hpp"

#include <caf/error.hpp>
#include <functional>
#include <string>

namespace agent_server {

/// Puts the repository at `places` to a checkpoint (contract 11.2): its branch
/// at its commit, its files, its index. `pack_file` and `index_file` hold the
/// artifacts in base64. What can be done without is told to `warn`. Errors:
/// `ec::workspace_failed`, among them a branch with commits that neither the
/// checkpoint nor a remote has.
caf::error restore_repository(git g, const repository_places& places,
                              const git_checkpoint& checkpoint,
                              const std::string& pack_file,
                              const std::string& index_file,
                              const std::function<void(std::string)>& warn);

} // namespace agent_server
