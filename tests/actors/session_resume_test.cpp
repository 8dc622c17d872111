// Going on from an earlier run, and attachments.
#include "session_fixture.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::test;

namespace {

earlier_run conversation() {
  earlier_run found;
  found.history = "**User**: mend the fence";
  return found;
}

earlier_run conversation_with_checkpoint() {
  auto found = conversation();
  found.checkpoint.emplace().checkpoint_id = "c1";
  return found;
}

attachment file(std::string name) {
  attachment out;
  out.id = name;
  out.storage_path = "path/" + name;
  out.name = std::move(name);
  return out;
}

struct resume_fixture : session_fixture {
  resume_fixture() { config.model = "claude-opus-4-7"; }

  void give_resuming_context() {
    auto found = context();
    found.run.resume_from_run_id = "before";
    peers->contexts.answer(0, found);
    run();
  }

  void give_earlier_run(earlier_run found) {
    REQUIRE(peers->earlier_runs.size() == 1);
    peers->earlier_runs.answer(0, std::move(found));
    run();
  }

  void answer_restore() {
    REQUIRE(peers->restores.size() == 1);
    peers->restores.answer(0, checkpoint_restored{});
    run();
  }

  std::string prompted(std::size_t which) const {
    REQUIRE(peers->prompts.size() == which + 1);
    return peers->prompts.question(which).blocks;
  }

  bool prompt_says(std::size_t which, const std::string& part) const {
    return prompted(which).find(part) != std::string::npos;
  }
};

} // namespace

TEST_CASE_METHOD(resume_fixture,
                 "the earlier run is loaded beside everything else (contract "
                 "19/11: it went before everything)") {
  config.resume_run_id = "before";
  boot();
  REQUIRE(peers->earlier_runs.size() == 1);
  CHECK(peers->earlier_runs.question(0).run_id == "before");
  CHECK(peers->contexts.size() == 1);
  CHECK(peers->opens.size() == 1);
}

TEST_CASE_METHOD(resume_fixture,
                 "the first prompt of a resumed session is its history") {
  config.resume_run_id = "before";
  boot();
  give_context();
  give_agent();
  give_earlier_run(conversation());
  CHECK(peers->restores.size() == 0);
  give_session();
  CHECK(prompt_says(0, "You are resuming a previous conversation"));
  CHECK(prompt_says(0, "**User**: mend the fence"));
  CHECK(prompt_says(0, "was not put back"));
  CHECK(prompt_says(0, "Continue from where you left off"));
}

TEST_CASE_METHOD(resume_fixture,
                 "an earlier run without a word is a fresh start") {
  config.resume_run_id = "before";
  boot();
  give_context();
  give_agent();
  give_earlier_run({});
  give_session();
  CHECK(prompted(0) == R"([{"type":"text","text":"mend the fence"}])");
}

TEST_CASE_METHOD(resume_fixture, "an earlier run that cannot be had is one, "
                                 "too") {
  config.resume_run_id = "before";
  boot();
  give_context();
  give_agent();
  peers->earlier_runs.fail(0, ec::internal, "no reader");
  run();
  give_session();
  CHECK(was_logged("no reader"));
  CHECK(prompted(0) == R"([{"type":"text","text":"mend the fence"}])");
}

TEST_CASE_METHOD(resume_fixture,
                 "the repository is restored before the session is opened") {
  config.resume_run_id = "before";
  boot();
  give_context();
  give_agent();
  CHECK(peers->sessions.size() == 0);
  CHECK(peers->repositories_ready == 0);
  give_earlier_run(conversation_with_checkpoint());
  REQUIRE(peers->restores.size() == 1);
  CHECK(peers->restores.question(0).checkpoint.checkpoint_id == "c1");
  CHECK(peers->sessions.size() == 0);
  CHECK(peers->repositories_ready == 0);
  answer_restore();
  CHECK(peers->repositories_ready == 1);
  CHECK(peers->sessions.size() == 1);
  CHECK(peers->replaced.empty());
  give_session();
  CHECK(prompt_says(0, "is again in the state"));
}

TEST_CASE_METHOD(resume_fixture,
                 "the repository is restored once it is there") {
  config.resume_run_id = "before";
  config.repo_ready_file = "/ready";
  boot();
  give_context();
  give_agent();
  give_earlier_run(conversation_with_checkpoint());
  CHECK(peers->restores.size() == 0);
  peers->files.answer(0, file_exists{});
  run();
  CHECK(peers->sessions.size() == 0);
  answer_restore();
  CHECK(peers->sessions.size() == 1);
}

TEST_CASE_METHOD(resume_fixture,
                 "a repository that cannot be restored is only a warning") {
  config.resume_run_id = "before";
  boot();
  give_context();
  give_agent();
  give_earlier_run(conversation_with_checkpoint());
  REQUIRE(peers->restores.size() == 1);
  peers->restores.fail(0, ec::workspace_failed, "the branch has diverged");
  run();
  CHECK(was_logged("the branch has diverged"));
  give_session();
  CHECK(prompt_says(0, "was not put back"));
}

TEST_CASE_METHOD(resume_fixture,
                 "a restore that does not end is waited for only so long") {
  config.resume_run_id = "before";
  boot();
  give_context();
  give_agent();
  give_earlier_run(conversation_with_checkpoint());
  advance(config.limits.repository_ready);
  CHECK(peers->sessions.size() == 1);
}

TEST_CASE_METHOD(resume_fixture,
                 "an agent that was started before its run was known to be a "
                 "resumed one is started again after the restore") {
  boot();
  give_agent();
  give_resuming_context();
  REQUIRE(peers->earlier_runs.size() == 1);
  CHECK(peers->earlier_runs.question(0).run_id == "before");
  CHECK(peers->sessions.size() == 0);
  give_earlier_run(conversation_with_checkpoint());
  CHECK(peers->replaced.empty());
  answer_restore();
  REQUIRE(peers->replaced.size() == 1);
  CHECK(peers->sessions.size() == 0);
  give_agent(2);
  CHECK(peers->sessions.size() == 1);
  give_session();
  CHECK(prompt_says(0, "is again in the state"));
}

TEST_CASE_METHOD(resume_fixture,
                 "without a checkpoint the agent is not started again") {
  boot();
  give_agent();
  give_resuming_context();
  give_earlier_run(conversation());
  CHECK(peers->replaced.empty());
  CHECK(peers->sessions.size() == 1);
}

TEST_CASE_METHOD(resume_fixture, "without a repository nothing is restored and "
                                 "the session does not wait") {
  config.repository_path.reset();
  boot();
  give_agent();
  give_resuming_context();
  CHECK(peers->sessions.size() == 1);
  give_session();
  CHECK(state() == readiness::ready);
  CHECK(peers->prompts.size() == 0);
  give_earlier_run(conversation_with_checkpoint());
  CHECK(peers->restores.size() == 0);
  CHECK(prompt_says(0, "**User**: mend the fence"));
}

TEST_CASE_METHOD(resume_fixture,
                 "the environment names the earlier run before the run does") {
  config.resume_run_id = "by-environment";
  boot();
  give_agent();
  give_resuming_context();
  REQUIRE(peers->earlier_runs.size() == 1);
  CHECK(peers->earlier_runs.question(0).run_id == "by-environment");
}

TEST_CASE_METHOD(resume_fixture,
                 "a resumed session clears the pending message (contract "
                 "19/17: it stayed)") {
  config.resume_run_id = "before";
  boot();
  auto found = context();
  found.run.pending_user_message = "and paint it";
  found.run.pending_keys = {"pending_user_message"};
  peers->contexts.answer(0, found);
  run();
  give_agent();
  give_earlier_run(conversation());
  give_session();
  CHECK(prompt_says(0, R"({"type":"text","text":"and paint it"})"));
  CHECK_FALSE(was_patched("state_remove_keys"));
  peers->prompts.answer(0, prompt_ended{"end_turn", {}, {}});
  run();
  CHECK(was_patched(R"({"state_remove_keys":["pending_user_message"]})"));
}

TEST_CASE_METHOD(resume_fixture,
                 "a resumed turn that fails marks the run failed") {
  config.resume_run_id = "before";
  boot();
  give_context();
  give_agent();
  give_earlier_run(conversation());
  give_session();
  REQUIRE(peers->prompts.size() == 1);
  peers->prompts.fail(0, ec::agent_error, "API Error: 529");
  run();
  CHECK(was_logged("send_resume_task_message_failed"));
  CHECK(was_patched(R"("error_message":"API Error: 529")"));
}

TEST_CASE_METHOD(resume_fixture,
                 "attachments are fetched before the first prompt is sent") {
  boot();
  auto found = context();
  found.run.pending_user_message = "look";
  found.run.pending_artifact_ids = {"a"};
  found.run.artifacts = {file("a")};
  peers->contexts.answer(0, found);
  run();
  give_agent();
  give_session();
  CHECK(peers->prompts.size() == 0);
  REQUIRE(peers->attachments.size() == 1);
  CHECK(peers->attachments.question(0).attachments
        == std::vector<attachment>{file("a")});
  peers->attachments.answer(0, attachments_fetched{R"([{"link":1}])"});
  run();
  CHECK(prompted(0) == R"([{"type":"text","text":"look"},{"link":1}])");
}

TEST_CASE_METHOD(resume_fixture, "attachments of a resumed session stand "
                                 "before its closing words") {
  config.resume_run_id = "before";
  boot();
  auto found = context();
  found.run.pending_artifact_ids = {"a"};
  found.run.artifacts = {file("a")};
  peers->contexts.answer(0, found);
  run();
  give_agent();
  give_earlier_run(conversation());
  give_session();
  REQUIRE(peers->attachments.size() == 1);
  peers->attachments.answer(0, attachments_fetched{R"([{"link":1}])"});
  run();
  CHECK(prompted(0).find(R"({"link":1})")
        < prompted(0).find("Continue from where you left off"));
}

TEST_CASE_METHOD(resume_fixture,
                 "an attachment that cannot be had fails the first turn") {
  boot();
  auto found = context();
  found.run.pending_artifact_ids = {"a"};
  found.run.artifacts = {file("a")};
  peers->contexts.answer(0, found);
  run();
  give_agent();
  give_session();
  REQUIRE(peers->attachments.size() == 1);
  peers->attachments.fail(0, ec::agent_error, "Failed to download artifact a");
  run();
  CHECK(was_patched(R"("error_message":"Failed to download artifact a")"));
  CHECK(peers->prompts.size() == 0);
}

TEST_CASE_METHOD(resume_fixture, "a message with attachments keeps its place") {
  boot_pinned();
  peers->prompts.answer(0, prompt_ended{"end_turn", {}, {}});
  run();
  auto one =
    ask<user_message_done>(booting, user_message{R"([{"n":1}])", {file("a")}});
  auto two = ask<user_message_done>(booting, user_message{R"([{"n":2}])", {}});
  CHECK(peers->prompts.size() == 1);
  REQUIRE(peers->attachments.size() == 1);
  peers->attachments.answer(0, attachments_fetched{R"([{"link":1}])"});
  run();
  CHECK(prompted(1) == R"([{"n":1},{"link":1}])");
  peers->prompts.answer(1, prompt_ended{"end_turn", {"seen"}, {}});
  run();
  REQUIRE(one.answered());
  CHECK(one.value().assistant_message == "seen");
  CHECK(prompted(2) == R"([{"n":2}])");
}

TEST_CASE_METHOD(resume_fixture,
                 "a message of nothing but attachments without a place is "
                 "empty") {
  boot_pinned();
  peers->prompts.answer(0, prompt_ended{"end_turn", {}, {}});
  run();
  auto lost = file("a");
  lost.storage_path.clear();
  auto sent = ask<user_message_done>(booting, user_message{"", {lost}});
  REQUIRE(sent.failed());
  CHECK(describe(*sent.error) == "User message cannot be empty");
  CHECK(was_logged("has no storage_path"));
}

TEST_CASE_METHOD(resume_fixture,
                 "a turn can be cancelled while its attachments come") {
  boot_pinned();
  peers->prompts.answer(0, prompt_ended{"end_turn", {}, {}});
  run();
  auto sent = ask<user_message_done>(booting, user_message{"", {file("a")}});
  REQUIRE(peers->attachments.size() == 1);
  ask<turn_cancelled>(booting, cancel_turn{});
  peers->attachments.answer(0, attachments_fetched{R"([{"link":1}])"});
  run();
  REQUIRE(sent.answered());
  CHECK(sent.value().stop_reason == "cancelled");
  CHECK(peers->prompts.size() == 1);
}
