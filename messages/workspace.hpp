#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <chrono>
#include <memory>
#include <string>

namespace agent_server {

/// What a `_posthog/git_checkpoint` event says of a saved state of the
/// repository; a field is empty where the event has `null` or nothing.
struct git_checkpoint {
  std::string checkpoint_id;
  std::string checkpoint_ref;
  std::string commit;
  std::string head_ref;
  std::string head;
  std::string branch;
  std::string index_tree;
  std::string worktree_tree;
  std::string timestamp;
  std::string upstream_remote;
  std::string upstream_merge_ref;
  /// Without user name and password.
  std::string remote_url;
  /// Storage paths of the two artifacts.
  std::string artifact_path;
  std::string index_artifact_path;
};

/// Where a caller's own clone stands, as `close` tells it.
struct local_git_state {
  std::string head;
  std::string branch;
  /// A commit that the caller has, so that it need not be sent.
  std::string upstream_head;
  std::string upstream_remote;
  std::string upstream_merge_ref;
};

/// Puts the repository of the working directory back to a checkpoint: branch,
/// index and files; what is there and not in the checkpoint is lost. Errors:
/// `ec::workspace_failed`, with a sentence; the repository is then as it was or
/// partly restored.
struct restore_checkpoint {
  git_checkpoint checkpoint;
};
struct checkpoint_restored {};

/// The session is open: from now on what its tools do counts.
struct follow_session {
  std::string session_id;
  /// A pull request that is known already; may be empty.
  std::string pull_request_url;
};

/// A turn has ended well; the branch is told to the control plane if it
/// changed.
struct sync_branch {};

/// Saves the last checkpoint of a session. Answered when it is kept, or cannot
/// be, or there is nothing to save.
struct save_checkpoint {
  local_git_state local;
};
struct checkpoint_saved {
  bool made = false;
};

/// The agent has opened a pull request.
struct pull_request_found {
  std::string url;
};

/// Asks for the branch that is checked out.
struct read_branch {};
struct branch_read {
  std::string branch; // empty: a detached head, or no repository
};

/// Asks for all that is needed to put the repository back to where it is now.
/// Neither its objects, index, references nor files change.
struct capture_repository {
  local_git_state local;
  std::chrono::milliseconds limit{60'000};
};
struct repository_captured {
  /// Without the storage paths; `checkpoint_id` is empty where there is no
  /// repository.
  git_checkpoint checkpoint;
  /// The pack and the index in base64, `max_artifact_size` at most each.
  std::shared_ptr<const std::string> pack;
  std::shared_ptr<const std::string> index;
};

/// Puts the repository to a checkpoint whose two artifacts are in these files,
/// in base64.
struct apply_checkpoint {
  git_checkpoint checkpoint;
  std::string pack_file;
  std::string index_file;
};
struct checkpoint_applied {};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::restore_checkpoint)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::checkpoint_restored)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::follow_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::sync_branch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::save_checkpoint)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::checkpoint_saved)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::pull_request_found)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::read_branch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::branch_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::capture_repository)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::repository_captured)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::apply_checkpoint)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::checkpoint_applied)
