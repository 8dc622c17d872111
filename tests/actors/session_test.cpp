#include "session_fixture.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::test;

TEST_CASE_METHOD(session_fixture,
                 "context, handshake and catalogue are begun side by side") {
  config.gateway_url = "http://gateway";
  boot();
  CHECK(peers->contexts.size() == 1);
  CHECK(peers->opens.size() == 1);
  CHECK(peers->warmed == std::vector<std::string>{"http://gateway"});
}

TEST_CASE_METHOD(session_fixture,
                 "session/new waits for the context and the handshake only") {
  config.model = "claude-opus-4-7";
  boot();
  give_agent();
  CHECK(peers->sessions.size() == 0);
  give_context();
  REQUIRE(peers->sessions.size() == 1);
  CHECK(state() == readiness::starting);
  give_session();
  CHECK(state() == readiness::ready);
}

TEST_CASE_METHOD(session_fixture,
                 "a pinned model opens the session without the catalogue") {
  boot_pinned();
  CHECK(state() == readiness::ready);
  CHECK_FALSE(was_published("config_option_update"));
  REQUIRE(peers->catalogue.size() == 1);
  give_models();
  CHECK(was_published("config_option_update"));
  CHECK(was_published("claude-sonnet-4-6"));
}

TEST_CASE_METHOD(session_fixture,
                 "a model may be pinned by the settings files") {
  settings_model = "claude-sonnet-4-6";
  boot();
  give_context();
  give_agent();
  give_session();
  CHECK(state() == readiness::ready);
}

TEST_CASE_METHOD(session_fixture,
                 "without a pinned model readiness waits for the catalogue") {
  boot();
  give_context();
  give_agent();
  give_session();
  CHECK(state() == readiness::starting);
  give_models();
  CHECK(state() == readiness::ready);
}

TEST_CASE_METHOD(session_fixture,
                 "a catalogue that fails gives way to the default model") {
  boot();
  give_context();
  give_agent();
  give_session();
  peers->catalogue.fail(0, ec::gateway_failed, "status 500");
  run();
  CHECK(state() == readiness::ready);
  CHECK(was_logged("status 500"));
  CHECK(was_logged("default model"));
}

TEST_CASE_METHOD(session_fixture,
                 "a catalogue that hangs is waited for only so long") {
  boot();
  give_context();
  give_agent();
  give_session();
  advance(config.limits.session_dependencies);
  CHECK(state() == readiness::ready);
  CHECK(was_logged("no model list within"));
  give_models();
  CHECK(was_published("config_option_update"));
}

TEST_CASE_METHOD(session_fixture,
                 "an agent with options of its own needs no catalogue") {
  boot();
  give_context();
  give_agent();
  give_session(R"([{"id":"model"}])");
  CHECK(state() == readiness::ready);
  CHECK(peers->catalogue.size() == 0);
}

TEST_CASE_METHOD(session_fixture,
                 "nothing of the repository is asked for before it is there") {
  config.model = "claude-opus-4-7";
  config.repo_ready_file = "/ready";
  boot();
  give_context();
  give_agent();
  REQUIRE(peers->files.size() == 1);
  CHECK(peers->sessions.size() == 0);
  peers->files.answer(0, file_exists{});
  run();
  CHECK(peers->sessions.size() == 1);
}

TEST_CASE_METHOD(session_fixture,
                 "the working directory is made once the file is there") {
  config.repo_ready_file = "/ready";
  boot();
  CHECK(peers->directories.empty());
  peers->files.answer(0, file_exists{});
  run();
  REQUIRE(peers->directories.size() == 1);
  CHECK(peers->directories[0].path == "/repo");
  CHECK(peers->directories[0].by_flag);
}

TEST_CASE_METHOD(session_fixture,
                 "a working directory that cannot be made then fails the "
                 "boot") {
  config.repo_ready_file = "/ready";
  peers->directory_problem = make_failure(ec::bad_config, "/repo is a file");
  boot();
  give_context();
  give_agent();
  peers->files.answer(0, file_exists{});
  run();
  CHECK(peers->sessions.size() == 0);
  CHECK(published->read()->failure_class == ec::bad_config);
  CHECK(published->read()->failed_phase == boot_phase::repository_ready);
  CHECK(was_patched("bad_config: /repo is a file"));
}

TEST_CASE_METHOD(session_fixture,
                 "a repository that does not come fails the boot") {
  config.repo_ready_file = "/ready";
  boot();
  peers->files.fail(0, ec::repository_timeout, "/ready did not appear");
  run();
  CHECK(state() == readiness::failed);
  CHECK(published->read()->failure_class == ec::repository_timeout);
}

TEST_CASE_METHOD(session_fixture,
                 "an internal task gets an agent with its own gateway") {
  boot();
  give_agent();
  auto internal = context();
  internal.fetched_task->internal = true;
  peers->contexts.answer(0, internal);
  run();
  REQUIRE(peers->replaced.size() == 1);
  bool told = false;
  for (const auto& variable : peers->replaced[0].environment)
    told = told
           || variable
                == "ANTHROPIC_BASE_URL=https://gateway.us.posthog.com/"
                   "background_agents";
  CHECK(told);
  CHECK(peers->sessions.size() == 0);
  REQUIRE(peers->opens.size() == 2);
  give_agent(2);
  CHECK(peers->sessions.size() == 1);
  CHECK(peers->warmed.back()
        == "https://gateway.us.posthog.com/background_agents");
}

TEST_CASE_METHOD(
  session_fixture,
  "a replaced agent is not asked twice when it had not answered") {
  boot();
  auto internal = context();
  internal.fetched_task->internal = true;
  peers->contexts.answer(0, internal);
  run();
  CHECK(peers->replaced.size() == 1);
  CHECK(peers->opens.size() == 1);
}

TEST_CASE_METHOD(session_fixture,
                 "an answer of the replaced agent does not count") {
  boot();
  auto internal = context();
  internal.fetched_task->internal = true;
  peers->contexts.answer(0, internal);
  run();
  give_agent(1);
  CHECK(peers->sessions.size() == 0);
  REQUIRE(peers->opens.size() == 2);
  give_agent(2);
  CHECK(peers->sessions.size() == 1);
}

TEST_CASE_METHOD(session_fixture,
                 "a replaced agent that hangs has a deadline of its own") {
  boot();
  give_agent();
  auto internal = context();
  internal.fetched_task->internal = true;
  peers->contexts.answer(0, internal);
  run();
  advance(config.limits.acp_initialize);
  CHECK(published->read()->failure_class == ec::agent_handshake_timeout);
}

TEST_CASE_METHOD(session_fixture,
                 "a first turn cut short by closing is no failed run") {
  boot_pinned();
  ask<session_closed>(booting, close_session{});
  peers->prompts.fail(0, ec::no_session, "the session is closing");
  run();
  CHECK_FALSE(was_patched("failed"));
}

TEST_CASE_METHOD(session_fixture,
                 "the failed phase is the one that the error belongs to") {
  boot();
  peers->opens.fail(0, ec::agent_not_found, "x is not on PATH");
  run();
  CHECK(published->read()->failed_phase == boot_phase::acp_initialize);
}

TEST_CASE_METHOD(session_fixture,
                 "a failed boot marks the run, prints the marker and ends") {
  // contract 19/10: upstream dies without a word.
  boot();
  peers->opens.fail(0, ec::agent_crashed, "the agent exited with status 3");
  run();
  CHECK(state() == readiness::failed);
  CHECK(was_logged("Fatal agent-server error; marking run failed"));
  REQUIRE(plane->updates.size() == 1);
  CHECK(plane->updates.question(0).body
        == R"({"status":"failed","error_message":)"
           R"("agent_crashed: the agent exited with status 3"})");
  CHECK(peers->ended.empty());
  plane->updates.answer(0, run_updated{});
  run();
  REQUIRE(peers->ended.size() == 1);
  CHECK(peers->ended[0].exit_status == 1);
}

TEST_CASE_METHOD(session_fixture,
                 "a failed boot ends also when nobody can be told") {
  boot();
  peers->contexts.fail(0, ec::control_plane_unreachable, "refused");
  run();
  CHECK(peers->ended.empty());
  advance(5s);
  CHECK(peers->ended.size() == 1);
}

TEST_CASE_METHOD(session_fixture,
                 "each phase has a deadline of its own class") {
  SECTION("context") {
    boot();
    advance(config.limits.context_fetch);
    CHECK(published->read()->failure_class == ec::control_plane_unreachable);
  }
  SECTION("handshake") {
    boot();
    give_context();
    advance(config.limits.acp_initialize);
    CHECK(published->read()->failure_class == ec::agent_handshake_timeout);
    CHECK(published->read()->failed_phase == boot_phase::acp_initialize);
  }
  SECTION("session") {
    boot();
    give_context();
    give_agent();
    advance(config.limits.session_create);
    CHECK(published->read()->failure_class == ec::agent_handshake_timeout);
    CHECK(published->read()->failed_phase == boot_phase::session_create);
  }
}

TEST_CASE_METHOD(session_fixture, "the first prompt is the fetched task's") {
  boot_pinned();
  CHECK(was_patched(R"({"status":"in_progress"})"));
  CHECK(was_published("_posthog/run_started"));
  REQUIRE(peers->prompts.size() == 1);
  CHECK(peers->prompts.question(0).blocks
        == R"([{"type":"text","text":"mend the fence"}])");
  CHECK(peers->tasks.size() == 0);
  peers->prompts.answer(0, prompt_ended{"end_turn", {"done"}, {}});
  run();
  CHECK(was_published(R"("method":"_posthog/turn_complete")"));
}

TEST_CASE_METHOD(session_fixture,
                 "the task is fetched again only when the boot lacked it") {
  config.model = "claude-opus-4-7";
  boot();
  peers->contexts.answer(0, task_context{});
  run();
  give_agent();
  give_session();
  REQUIRE(peers->tasks.size() == 1);
  CHECK(peers->prompts.size() == 0);
  peers->tasks.answer(0, *context().fetched_task);
  run();
  CHECK(peers->prompts.size() == 1);
}

TEST_CASE_METHOD(session_fixture,
                 "a first turn that fails marks the run failed and stays up") {
  boot_pinned();
  peers->prompts.fail(0, ec::agent_error, "API Error: 529");
  run();
  CHECK(was_patched(R"("error_message":"API Error: 529")"));
  CHECK(was_published(R"("stopReason":"error")"));
  CHECK(state() == readiness::ready);
}

TEST_CASE_METHOD(session_fixture,
                 "clearing the pending message can fail without harm") {
  // contract 19/17: upstream marks the run failed for it.
  config.model = "claude-opus-4-7";
  boot();
  auto with_pending = context();
  with_pending.run.pending_user_message = "do this";
  with_pending.run.pending_keys = {"pending_user_message"};
  peers->contexts.answer(0, with_pending);
  run();
  give_agent();
  give_session();
  peers->prompts.answer(0, prompt_ended{"end_turn", {}, {}});
  run();
  REQUIRE(was_patched(R"({"state_remove_keys":["pending_user_message"]})"));
  plane->updates.fail(plane->updates.size() - 1, ec::control_plane_unreachable,
                      "down");
  run();
  CHECK_FALSE(was_patched("failed"));
  CHECK(was_published("_posthog/turn_complete"));
}

TEST_CASE_METHOD(session_fixture, "messages wait for the turn that runs") {
  boot_pinned();
  auto one = ask<user_message_done>(booting, user_message{"[1]"});
  auto two = ask<user_message_done>(booting, user_message{"[2]"});
  REQUIRE(peers->prompts.size() == 1);
  peers->prompts.answer(0, prompt_ended{"end_turn", {"first"}, {}});
  run();
  REQUIRE(peers->prompts.size() == 2);
  CHECK(peers->prompts.question(1).blocks == "[1]");
  peers->prompts.answer(1, prompt_ended{"end_turn", {"a", "b"}, {}});
  run();
  REQUIRE(one.answered());
  CHECK(one.value().assistant_message == "a\n\nb");
  CHECK_FALSE(two.answered());
}

TEST_CASE_METHOD(session_fixture,
                 "the first prompt goes before early messages") {
  config.model = "claude-opus-4-7";
  boot();
  peers->contexts.answer(0, task_context{});
  run();
  give_agent();
  give_session();
  // The task is being fetched again when a message comes.
  auto early = ask<user_message_done>(booting, user_message{"[1]"});
  CHECK(peers->prompts.size() == 0);
  peers->tasks.answer(0, *context().fetched_task);
  run();
  REQUIRE(peers->prompts.size() == 1);
  CHECK(peers->prompts.question(0).blocks
        == R"([{"type":"text","text":"mend the fence"}])");
}

TEST_CASE_METHOD(session_fixture,
                 "another model waits for the refresh that is under way") {
  boot_pinned();
  auto set = ask<config_options>(
    booting, set_config_option{"model", "claude-sonnet-4-6"});
  CHECK_FALSE(set.answered());
  REQUIRE(peers->catalogue.size() == 2);
  auto list = std::make_shared<const std::vector<model_info>>(
    std::vector<model_info>{{"claude-opus-4-7", "anthropic", 0},
                            {"claude-sonnet-4-6", "anthropic", 0}});
  peers->catalogue.answer(1, models{list});
  run();
  REQUIRE(peers->options.size() == 1);
  CHECK(peers->options.question(0).value == "claude-sonnet-4-6");
  peers->options.answer(0, config_options{});
  run();
  REQUIRE(set.answered());
  CHECK(set.value().json.find(R"("currentValue":"claude-sonnet-4-6")")
        != std::string::npos);
}

TEST_CASE_METHOD(session_fixture, "an unknown option is refused by its name") {
  boot_pinned();
  auto set = ask<config_options>(booting, set_config_option{"colour", "red"});
  REQUIRE(set.failed());
  CHECK(describe(*set.error) == "Unknown config option: colour");
}

TEST_CASE_METHOD(session_fixture,
                 "whoever decides permissions knows the mode before the "
                 "session is opened") {
  boot();
  give_context();
  CHECK(peers->modes.empty());
  give_agent();
  REQUIRE(peers->sessions.size() == 1);
  CHECK(peers->modes == std::vector<std::string>{"bypassPermissions"});
}

TEST_CASE_METHOD(session_fixture,
                 "open permissions are answered before the agent is closed") {
  boot_pinned();
  ask<session_closed>(booting, close_session{});
  CHECK(peers->closes.size() == 1);
  CHECK(peers->permissions_ended_first);
}

TEST_CASE_METHOD(session_fixture, "a closed session serves no more") {
  boot_pinned();
  auto closed = ask<session_closed>(booting, close_session{});
  CHECK_FALSE(closed.answered());
  peers->closes.answer(0, agent_closed{});
  run();
  peers->saves.answer(0, checkpoint_saved{});
  run();
  CHECK(closed.answered());
  CHECK(state() == readiness::closed);
  CHECK_FALSE(ask<session_state>(booting, get_session_state{}).value().open);
  CHECK(ask<user_message_done>(booting, user_message{"[]"}).failed());
}

TEST_CASE_METHOD(session_fixture, "an agent that is lost ends the readiness") {
  boot_pinned();
  self->send(booting, agent_gone{"was killed"});
  run();
  CHECK(state() == readiness::failed);
  CHECK(published->read()->failure_class == ec::agent_crashed);
  CHECK(peers->ended.empty());
}

TEST_CASE_METHOD(session_fixture,
                 "two options that change at the same time both change") {
  boot_pinned();
  give_models();
  auto mode = ask<config_options>(booting, set_config_option{"mode", "plan"});
  auto model = ask<config_options>(
    booting, set_config_option{"model", "claude-sonnet-4-6"});
  REQUIRE(peers->options.size() == 2);
  peers->options.answer(0, config_options{});
  run();
  peers->options.answer(1, config_options{});
  run();
  REQUIRE(model.answered());
  for (const auto* current :
       {R"("currentValue":"plan")", R"("currentValue":"claude-sonnet-4-6")"})
    CHECK(model.value().json.find(current) != std::string::npos);
}

TEST_CASE_METHOD(session_fixture,
                 "a model list that could not be had is asked for again, with "
                 "growing pauses") {
  boot_pinned();
  peers->catalogue.fail(0, ec::gateway_failed, "status 503");
  run();
  CHECK(peers->catalogue.size() == 1);
  advance(first_catalog_pause);
  REQUIRE(peers->catalogue.size() == 2);
  peers->catalogue.fail(1, ec::gateway_failed, "status 503");
  run();
  advance(first_catalog_pause);
  CHECK(peers->catalogue.size() == 2);
  advance(first_catalog_pause);
  REQUIRE(peers->catalogue.size() == 3);
  auto list = std::make_shared<const std::vector<model_info>>(
    std::vector<model_info>{{"claude-opus-4-7", "anthropic", 0},
                            {"claude-sonnet-4-6", "anthropic", 0}});
  peers->catalogue.answer(2, models{list});
  run();
  CHECK(was_published("config_option_update"));
  advance(longest_catalog_pause);
  CHECK(peers->catalogue.size() == 3);
}

TEST_CASE_METHOD(session_fixture,
                 "a model list is not asked for again for ever") {
  boot();
  give_context();
  give_agent();
  give_session();
  for (std::uint32_t i = 0; i < max_catalog_repeats + 5; ++i) {
    if (i < peers->catalogue.size()) {
      peers->catalogue.fail(i, ec::gateway_failed, "status 503");
      run();
    }
    advance(longest_catalog_pause);
  }
  CHECK(state() == readiness::ready);
  CHECK(peers->catalogue.size() == max_catalog_repeats + 1);
}

namespace {

struct talking_fixture : session_fixture {
  talking_fixture() {
    boot_pinned();
    end_turn(0, {"first"});
  }

  void end_turn(std::size_t i, std::vector<std::string> texts,
                std::string reason = "end_turn") {
    peers->prompts.answer(
      i, prompt_ended{std::move(reason), std::move(texts), {}});
    run();
  }
  pending<user_message_done> say(std::string blocks) {
    return ask<user_message_done>(booting, user_message{std::move(blocks)});
  }
};

} // namespace

TEST_CASE_METHOD(talking_fixture,
                 "each of several messages is answered with its own texts") {
  // contract 19/19: upstream's reset each other's.
  auto first = say("[1]");
  auto second = say("[2]");
  CHECK(peers->prompts.size() == 2);
  end_turn(1, {"one", "more"});
  REQUIRE(peers->prompts.size() == 3);
  CHECK(peers->prompts.question(2).blocks == "[2]");
  end_turn(2, {"two"});
  REQUIRE(first.answered());
  REQUIRE(second.answered());
  CHECK(first.value().assistant_message == "one\n\nmore");
  CHECK(second.value().assistant_message == "two");
  REQUIRE(peers->said.size() == 3);
  CHECK(peers->said[1].texts == std::vector<std::string>{"one", "more"});
  CHECK(peers->said[2].texts == std::vector<std::string>{"two"});
}

TEST_CASE_METHOD(talking_fixture, "only a turn that ended well is relayed") {
  say("[1]");
  end_turn(1, {"half"}, "cancelled");
  say("[2]");
  peers->prompts.fail(2, ec::agent_error, "no");
  run();
  REQUIRE(peers->said.size() == 3);
  CHECK(peers->said[1].texts.empty());
  CHECK(peers->said[2].texts.empty());
}

TEST_CASE_METHOD(talking_fixture, "a message goes into the turn that runs") {
  say("[1]");
  auto asked = ask<steered>(booting, steer_turn{"[2]"});
  REQUIRE(peers->steers.size() == 1);
  CHECK(peers->steers.question(0).blocks == "[2]");
  peers->steers.answer(0, steered{true, {}});
  run();
  REQUIRE(asked.answered());
  CHECK(asked.value().taken);
  CHECK(peers->prompts.size() == 2);
}

TEST_CASE_METHOD(talking_fixture,
                 "a message into a turn is declined when none runs") {
  auto asked = ask<steered>(booting, steer_turn{"[2]"});
  REQUIRE(asked.answered());
  CHECK_FALSE(asked.value().taken);
  CHECK(asked.value().reason == "no turn is running");
  CHECK(peers->steers.size() == 0);
}

TEST_CASE_METHOD(session_fixture,
                 "the workspace follows the session once it is ready") {
  config.model = "claude-opus-4-7";
  boot();
  auto with_pull_request = context();
  with_pull_request.run.slack_notified_pr_url = "https://github.com/o/r/pull/1";
  peers->contexts.answer(0, with_pull_request);
  run();
  give_agent();
  CHECK(peers->followed.empty());
  give_session();
  REQUIRE(peers->followed.size() == 1);
  CHECK(peers->followed[0].session_id == "s");
  CHECK(peers->followed[0].pull_request_url == "https://github.com/o/r/pull/1");
}

TEST_CASE_METHOD(session_fixture,
                 "the branch is looked at after a turn that ended well") {
  boot_pinned();
  peers->prompts.answer(0, prompt_ended{"cancelled", {}, {}});
  run();
  CHECK(peers->branch_syncs == 0);
  auto answer = ask<user_message_done>(booting, user_message{"[]"});
  peers->prompts.answer(1, prompt_ended{"end_turn", {}, {}});
  run();
  CHECK(peers->branch_syncs == 1);
}

TEST_CASE_METHOD(session_fixture,
                 "a follow-up is told of the pull request that was opened") {
  boot_pinned();
  CHECK(peers->prompts.question(0).pull_request_context.empty());
  self->send(booting, pull_request_found{"https://github.com/o/r/pull/9"});
  peers->prompts.answer(0, prompt_ended{"end_turn", {}, {}});
  run();
  ask<user_message_done>(booting, user_message{"[]"});
  REQUIRE(peers->prompts.size() == 2);
  CHECK(peers->prompts.question(1).pull_request_context.find(
          "https://github.com/o/r/pull/9")
        != std::string::npos);
}

TEST_CASE_METHOD(session_fixture,
                 "the last checkpoint is saved once the agent is closed") {
  boot_pinned();
  close_session order;
  order.local.upstream_head = "abc";
  auto closed = ask<session_closed>(booting, order);
  CHECK(peers->saves.size() == 0);
  peers->closes.answer(0, agent_closed{});
  run();
  REQUIRE(peers->saves.size() == 1);
  CHECK(peers->saves.question(0).local.upstream_head == "abc");
  CHECK_FALSE(closed.answered());
  peers->saves.answer(0, checkpoint_saved{true});
  run();
  CHECK(closed.answered());
}

TEST_CASE_METHOD(session_fixture,
                 "a last checkpoint that takes for ever is left behind") {
  // contract 19/42: upstream's cleanup has no deadline.
  boot_pinned();
  auto closed = ask<session_closed>(booting, close_session{});
  peers->closes.answer(0, agent_closed{});
  run();
  advance(last_checkpoint_limit);
  CHECK(closed.answered());
}
