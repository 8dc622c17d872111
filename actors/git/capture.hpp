#pragma once

#include "actors/git/git.hpp"
#include "messages/workspace.hpp"

#include <caf/expected.hpp>
#include <cstddef>
#include <string>

namespace agent_server {

/// Larger files are left as they are in HEAD, or left out.
constexpr std::size_t max_checkpoint_blob = 1'048'576;

/// How long a git command of the agent's may go on before a capture.
constexpr std::chrono::seconds index_lock_wait{10};

/// Captures the repository at `places` as checkpoint `id` (contract 11.1): its
/// commits that no remote has, its index, and its files as far as they are not
/// ignored. New objects go to a temporary directory, so that nothing of it is
/// left in the repository. Errors: `ec::workspace_failed`, among them a merge
/// or rebase under way, and a pack that is larger than an artifact may be.
caf::expected<repository_captured>
capture_checkpoint(git g, const repository_places& places,
                   const local_git_state& local, const std::string& id);

} // namespace agent_server
