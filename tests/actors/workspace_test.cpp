#include "actors/workspace.hpp"

#include "fixture.hpp"
#include "messages/wire/notifications.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::test;

namespace {

struct git_script {
  inbox<capture_repository, repository_captured> captures;
  inbox<apply_checkpoint, checkpoint_applied> applied;
  std::string branch = "work";
  std::vector<std::string> events;
  std::vector<std::string> found;
};

using script = std::shared_ptr<git_script>;

struct workspace_fixture : fixture {
  script git = std::make_shared<git_script>();
  std::shared_ptr<plane_inbox> plane = std::make_shared<plane_inbox>();
  workspace_settings settings{true, "/state", "machine"};
  workspace_actor space;

  workspace_fixture() {
    at_end.emplace_back([box = git] {
      box->captures.items.clear();
      box->applied.items.clear();
    });
    at_end.emplace_back([box = plane] { box->clear(); });
  }

  void start() {
    workspace_peers peers;
    peers.control_plane = fake_plane(system, plane);
    peers.repository = system.spawn(
      [](repository_actor::pointer me,
         script s) -> repository_actor::behavior_type {
        return {
          [s](const read_branch&) { return branch_read{s->branch}; },
          [=](const capture_repository& m) { return s->captures.take(me, m); },
          [=](const apply_checkpoint& m) { return s->applied.take(me, m); },
        };
      },
      git);
    peers.event_log = system.spawn(
      [](event_log_actor::pointer, script s) -> event_log_actor::behavior_type {
        return {
          [s](const journal_entry& m) { s->events.push_back(*m.notification); },
          [](const journal_tap_actor&) {},
          [](const attach_client&) {},
          [](const detach_client&) {},
          [](const close_streams&) { return streams_closed{}; },
        };
      },
      git);
    peers.session_log = system.spawn(
      [](session_log_actor::pointer) -> session_log_actor::behavior_type {
        return {
          [](const journal_entry&) {},
          [](const flush_log&) { return log_flushed{}; },
          [](const agent_server::alarm&) {},
        };
      });
    space = system.spawn(workspace, peers, settings, log);
    const auto observer = system.spawn(
      [](workspace_observer_actor::pointer,
         script s) -> workspace_observer_actor::behavior_type {
        return {
          [s](const pull_request_found& m) { s->found.push_back(m.url); },
        };
      },
      git);
    self->send(space, observer);
    self->send(space, follow_session{"s", {}});
    run();
  }

  void update(const std::string& members) {
    self->send(space,
               make_entry(R"({"jsonrpc":"2.0","method":"session/update",)"
                          R"("params":{"sessionId":"s","update":{)"
                          + members + "}}}"));
    run();
  }

  void edit(const std::string& id = "e") {
    update(R"("sessionUpdate":"tool_call_update","toolCallId":")" + id
           + R"(","_meta":{"claudeCode":{"toolName":"Edit",)"
             R"("toolResponse":{"filePath":"/repo/a"}}})");
  }

  void give_capture(const std::string& tree, const std::string& id = "C") {
    repository_captured captured;
    captured.checkpoint.checkpoint_id = id;
    captured.checkpoint.worktree_tree = tree;
    captured.pack = std::make_shared<const std::string>("cGFjaw==");
    captured.index = std::make_shared<const std::string>("aW5kZXg=");
    git->captures.answer(git->captures.size() - 1, captured);
    run();
  }

  void take_uploads() {
    for (const auto* path : {"stored.pack", "stored.index"}) {
      plane->uploads.answer(plane->uploads.size() - 1,
                            artifacts_uploaded{{path}});
      run();
    }
  }
};

} // namespace

TEST_CASE_METHOD(workspace_fixture,
                 "an edit is captured, uploaded and told as an event") {
  start();
  edit();
  REQUIRE(git->captures.size() == 1);
  give_capture("T");
  REQUIRE(plane->uploads.size() == 1);
  const auto& pack = plane->uploads.question(0).artifacts.at(0);
  CHECK(pack.name == "handoff/C.pack");
  CHECK(pack.content_type == "application/x-git-packed-objects");
  CHECK(*pack.content == "cGFjaw==");
  take_uploads();
  REQUIRE(plane->uploads.size() == 2);
  CHECK(plane->uploads.question(1).artifacts.at(0).name == "handoff/C.index");
  REQUIRE(git->events.size() == 1);
  CHECK(git->events[0].find(R"("artifactPath":"stored.pack")")
        != std::string::npos);
  CHECK(git->events[0].find(R"("indexArtifactPath":"stored.index")")
        != std::string::npos);
}

TEST_CASE_METHOD(workspace_fixture,
                 "a burst of edits is one capture and one more after it") {
  // contract 19/37: upstream's captures overlap, one for each edit.
  start();
  for (int i = 0; i < 10; ++i)
    edit();
  CHECK(git->captures.size() == 1);
  give_capture("T");
  take_uploads();
  CHECK(git->captures.size() == 1);
  advance(checkpoint_pause);
  CHECK(git->captures.size() == 2);
  give_capture("U", "D");
  take_uploads();
  advance(10 * checkpoint_pause);
  CHECK(git->captures.size() == 2);
  CHECK(git->events.size() == 2);
}

TEST_CASE_METHOD(workspace_fixture,
                 "a state that was saved already is not saved again") {
  start();
  edit();
  give_capture("T");
  take_uploads();
  edit();
  give_capture("T", "D");
  CHECK(plane->uploads.size() == 2);
  CHECK(git->events.size() == 1);
}

TEST_CASE_METHOD(workspace_fixture,
                 "the last checkpoint waits for the capture that runs") {
  start();
  edit();
  auto saved = ask<checkpoint_saved>(space, save_checkpoint{});
  CHECK(git->captures.size() == 1);
  give_capture("T");
  take_uploads();
  CHECK_FALSE(saved.answered());
  REQUIRE(git->captures.size() == 2);
  give_capture("U", "D");
  take_uploads();
  REQUIRE(saved.answered());
  CHECK(saved.value().made);
}

TEST_CASE_METHOD(workspace_fixture,
                 "what the caller has is left out of the last checkpoint") {
  start();
  local_git_state local;
  local.upstream_head = "abc";
  ask<checkpoint_saved>(space, save_checkpoint{local});
  REQUIRE(git->captures.size() == 1);
  CHECK(git->captures.question(0).local.upstream_head == "abc");
}

TEST_CASE_METHOD(workspace_fixture,
                 "a session in which no tool was called has nothing to save") {
  start();
  auto saved = ask<checkpoint_saved>(space, save_checkpoint{});
  REQUIRE(saved.answered());
  CHECK_FALSE(saved.value().made);
  CHECK(git->captures.size() == 0);
}

TEST_CASE_METHOD(workspace_fixture,
                 "a checkpoint that cannot be kept is logged, not told") {
  start();
  edit();
  give_capture("T");
  plane->uploads.fail(0, ec::control_plane_unreachable, "POST artifacts: 503");
  run();
  CHECK(was_logged("POST artifacts: 503"));
  CHECK(git->events.empty());
  edit();
  CHECK(git->captures.size() == 2);
}

TEST_CASE_METHOD(workspace_fixture, "without a repository nothing is saved") {
  settings.has_repository = false;
  start();
  edit();
  self->send(space, sync_branch{});
  run();
  CHECK(git->captures.size() == 0);
  CHECK(plane->updates.size() == 0);
}

TEST_CASE_METHOD(workspace_fixture, "a branch is told when it has changed") {
  start();
  self->send(space, sync_branch{});
  run();
  self->send(space, sync_branch{});
  run();
  REQUIRE(plane->updates.size() == 1);
  CHECK(plane->updates.question(0).body
        == R"({"branch":"work","output":{"head_branch":"work"}})");
  git->branch = "other";
  self->send(space, sync_branch{});
  run();
  CHECK(plane->updates.size() == 2);
  git->branch.clear();
  self->send(space, sync_branch{});
  run();
  CHECK(plane->updates.size() == 2);
}

TEST_CASE_METHOD(workspace_fixture,
                 "a branch that could not be told is told by the next turn") {
  start();
  self->send(space, sync_branch{});
  run();
  plane->updates.fail(0, ec::control_plane_unreachable, "PATCH run: 503");
  run();
  CHECK(was_logged("PATCH run: 503"));
  self->send(space, sync_branch{});
  run();
  CHECK(plane->updates.size() == 2);
}

TEST_CASE_METHOD(workspace_fixture,
                 "a pull request that Claude opens is told once") {
  start();
  for (int i = 0; i < 2; ++i)
    update(
      R"("sessionUpdate":"tool_call_update","toolCallId":"b","_meta":)"
      R"({"claudeCode":{"toolName":"Bash","bashCommand":"gh pr create -f",)"
      R"("toolResponse":{"stdout":"https://github.com/o/r/pull/7\n"}}})");
  REQUIRE(plane->updates.size() == 1);
  CHECK(plane->updates.question(0).body
        == R"({"output":{"pr_url":"https://github.com/o/r/pull/7"}})");
  CHECK(git->found
        == std::vector<std::string>{"https://github.com/o/r/pull/7"});
}

TEST_CASE_METHOD(workspace_fixture,
                 "a pull request that codex opens is told (contract 19/41)") {
  start();
  update(R"("sessionUpdate":"tool_call","toolCallId":"x","kind":"execute",)"
         R"("rawInput":{"command":["bash","-lc","gh pr create --draft"]})");
  update(R"("sessionUpdate":"tool_call_update","toolCallId":"x",)"
         R"("status":"completed","content":[{"type":"content","content":)"
         R"({"type":"text","text":"done: https://github.com/o/r/pull/8"}}])");
  REQUIRE(plane->updates.size() == 1);
  CHECK(git->found
        == std::vector<std::string>{"https://github.com/o/r/pull/8"});
}

TEST_CASE_METHOD(workspace_fixture,
                 "a pull request that is only read is none of the run's") {
  start();
  update(R"("sessionUpdate":"tool_call_update","toolCallId":"b","_meta":)"
         R"({"claudeCode":{"toolName":"Bash","bashCommand":"gh pr view 7",)"
         R"("toolResponse":{"stdout":"https://github.com/o/r/pull/7\n"}}})");
  CHECK(plane->updates.size() == 0);
}

TEST_CASE_METHOD(workspace_fixture,
                 "an edit of an agent without Claude's marks is captured once "
                 "it is completed") {
  start();
  update(R"("sessionUpdate":"tool_call","toolCallId":"x","kind":"edit")");
  CHECK(git->captures.size() == 0);
  update(R"("sessionUpdate":"tool_call_update","toolCallId":"x",)"
         R"("status":"completed")");
  CHECK(git->captures.size() == 1);
}

TEST_CASE_METHOD(workspace_fixture,
                 "both artifacts are downloaded at once and then applied") {
  start();
  git_checkpoint wanted;
  wanted.artifact_path = "a";
  wanted.index_artifact_path = "b";
  auto restored = ask<checkpoint_restored>(space, restore_checkpoint{wanted});
  REQUIRE(plane->downloads.size() == 2);
  CHECK(plane->downloads.question(0).storage_path == "a");
  CHECK(plane->downloads.question(0).to_path == "/state/checkpoint.pack");
  CHECK(plane->downloads.question(1).storage_path == "b");
  plane->downloads.answer(1, artifact_downloaded{1});
  run();
  CHECK(git->applied.size() == 0);
  plane->downloads.answer(0, artifact_downloaded{1});
  run();
  REQUIRE(git->applied.size() == 1);
  git->applied.answer(0, checkpoint_applied{});
  run();
  CHECK(restored.answered());
}

TEST_CASE_METHOD(workspace_fixture,
                 "an artifact that cannot be had fails the restore") {
  start();
  auto restored = ask<checkpoint_restored>(space, restore_checkpoint{});
  plane->downloads.fail(0, ec::control_plane_refused, "404");
  plane->downloads.answer(1, artifact_downloaded{1});
  run();
  CHECK(restored.failed());
  CHECK(git->applied.size() == 0);
}
