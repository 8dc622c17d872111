#include "messages/wire/checkpoint.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

git_checkpoint checkpoint() {
  git_checkpoint out;
  out.checkpoint_id = "i";
  out.checkpoint_ref = "refs/posthog-code-checkpoint/i";
  out.commit = "c";
  out.index_tree = "x";
  out.worktree_tree = "w";
  out.timestamp = "t";
  out.artifact_path = "p";
  out.index_artifact_path = "q";
  return out;
}

} // namespace

TEST_CASE("a checkpoint event has the keys of the contract") {
  auto full = checkpoint();
  full.head_ref = "refs/posthog-code-handoff/head/i";
  full.head = "h";
  full.branch = "b";
  full.upstream_remote = "origin";
  full.upstream_merge_ref = "refs/heads/b";
  full.remote_url = "https://h/r";
  CHECK(git_checkpoint_event(full, "box")
        == R"({"jsonrpc":"2.0","method":"_posthog/git_checkpoint","params":)"
           R"({"checkpointId":"i","commit":"c",)"
           R"("checkpointRef":"refs/posthog-code-checkpoint/i",)"
           R"("headRef":"refs/posthog-code-handoff/head/i","head":"h",)"
           R"("branch":"b","indexTree":"x","worktreeTree":"w",)"
           R"("timestamp":"t","upstreamRemote":"origin",)"
           R"("upstreamMergeRef":"refs/heads/b","remoteUrl":"https://h/r",)"
           R"("artifactPath":"p","indexArtifactPath":"q",)"
           R"("device":{"type":"cloud","name":"box"}}})");
}

TEST_CASE("what a checkpoint lacks is null, a head's name is left out") {
  const auto line = git_checkpoint_event(checkpoint(), "box");
  CHECK(line.find(R"("head":null,"branch":null)") != std::string::npos);
  CHECK(line.find(R"("upstreamRemote":null,"upstreamMergeRef":null,)"
                  R"("remoteUrl":null)")
        != std::string::npos);
  CHECK(line.find("headRef") == std::string::npos);
}
