#include "messages/wire/checkpoint.hpp"

#include "messages/wire/json_writer.hpp"

namespace agent_server {

std::string git_checkpoint_event(const git_checkpoint& checkpoint,
                                 std::string_view device_name) {
  json::writer out{2'048};
  auto text_or_null = [&out](std::string_view key, const std::string& value) {
    out.key(key);
    if (value.empty())
      out.null();
    else
      out.text(value);
  };
  out.open_object()
    .text("jsonrpc", "2.0")
    .text("method", "_posthog/git_checkpoint")
    .key("params")
    .open_object()
    .text("checkpointId", checkpoint.checkpoint_id)
    .text("commit", checkpoint.commit)
    .text("checkpointRef", checkpoint.checkpoint_ref);
  if (!checkpoint.head_ref.empty())
    out.text("headRef", checkpoint.head_ref);
  text_or_null("head", checkpoint.head);
  text_or_null("branch", checkpoint.branch);
  out.text("indexTree", checkpoint.index_tree)
    .text("worktreeTree", checkpoint.worktree_tree)
    .text("timestamp", checkpoint.timestamp);
  text_or_null("upstreamRemote", checkpoint.upstream_remote);
  text_or_null("upstreamMergeRef", checkpoint.upstream_merge_ref);
  text_or_null("remoteUrl", checkpoint.remote_url);
  return out.text("artifactPath", checkpoint.artifact_path)
    .text("indexArtifactPath", checkpoint.index_artifact_path)
    .key("device")
    .open_object()
    .text("type", "cloud")
    .text("name", device_name)
    .close_object()
    .close_object()
    .close_object()
    .take();
}

} // namespace agent_server
