#pragma once

#include "actors/git/git.hpp"

#include <caf/expected.hpp>
#include <cstddef>
#include <string>

namespace agent_server {

/// Gives the files of the working tree a tree object, without those that are
/// ignored; files larger than `max_blob` are as in `base_tree`. `options` names
/// a copy of the index, which is changed.
caf::expected<std::string> write_worktree_tree(const git& g,
                                               const git_options& options,
                                               const std::string& base_tree,
                                               std::size_t max_blob);

/// Puts what is larger than `max_blob` in `tree` and not in `base_tree` back to
/// what the latter has, in the index that `options` names. Whether anything
/// was.
caf::expected<bool> leave_out_large_blobs(const git& g,
                                          const git_options& options,
                                          const std::string& base_tree,
                                          const std::string& tree,
                                          std::size_t max_blob);

} // namespace agent_server
