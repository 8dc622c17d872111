#include "actors/resume_log.hpp"

#include "actors/resume_prompt.hpp"
#include "fixture.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::test;

namespace {

std::string user(const std::string& text) {
  return R"({"type":"notification","notification":{"method":"session/update",)"
         R"("params":{"update":{"sessionUpdate":"user_message_chunk",)"
         R"("content":{"type":"text","text":")"
         + text + "\"}}}}}\n";
}

constexpr const char* checkpoint_line =
  R"({"notification":{"method":"_posthog/git_checkpoint","params":)"
  R"({"checkpointId":"c","checkpointRef":"r"}}})";

struct resume_log_fixture : fixture {
  std::shared_ptr<plane_inbox> plane = std::make_shared<plane_inbox>();
  resume_log_actor reader =
    system.spawn(resume_log, fake_plane(system, plane), log);

  resume_log_fixture() {
    at_end.emplace_back([box = plane] { box->clear(); });
  }

  void give_run(bool has_log = true) {
    task_run found;
    found.has_log = has_log;
    plane->runs.answer(plane->runs.size() - 1, found);
    run();
  }

  void give_log(std::string lines) {
    plane->run_logs.answer(
      plane->run_logs.size() - 1,
      run_log{std::make_shared<const std::string>(std::move(lines))});
    run();
  }
};

} // namespace

TEST_CASE_METHOD(resume_log_fixture, "run and log are asked for side by side") {
  ask<earlier_run>(reader, load_earlier_run{"before"});
  REQUIRE(plane->runs.size() == 1);
  REQUIRE(plane->run_logs.size() == 1);
  CHECK(plane->runs.question(0).run_id == "before");
  CHECK(plane->run_logs.question(0).run_id == "before");
}

TEST_CASE_METHOD(resume_log_fixture, "a log becomes a history") {
  auto loaded = ask<earlier_run>(reader, load_earlier_run{"before"});
  give_log(user("mend it") + user("and paint it") + checkpoint_line);
  CHECK_FALSE(loaded.answered());
  give_run();
  REQUIRE(loaded.answered());
  CHECK(loaded.value().history
        == "**User**: mend it\n\n**User**: and paint it");
  REQUIRE(loaded.value().checkpoint);
  CHECK(loaded.value().checkpoint->checkpoint_id == "c");
}

TEST_CASE_METHOD(resume_log_fixture, "a long log is read in parts, whole") {
  auto loaded = ask<earlier_run>(reader, load_earlier_run{"before"});
  std::string lines = user("first");
  while (lines.size() < 3 * log_part)
    lines += R"({"notification":{"method":"other"},"pad":")"
             + std::string(10'000, 'x') + "\"}\n";
  lines += user("last");
  give_run();
  give_log(std::move(lines));
  REQUIRE(loaded.answered());
  CHECK(loaded.value().history == "**User**: first\n\n**User**: last");
  CHECK_FALSE(was_logged("passed over"));
}

TEST_CASE_METHOD(resume_log_fixture, "bad lines are told of in one warning") {
  auto loaded = ask<earlier_run>(reader, load_earlier_run{"before"});
  give_run();
  give_log("{\n" + user("mend it") + "nonsense\n");
  REQUIRE(loaded.answered());
  CHECK(loaded.value().history == "**User**: mend it");
  CHECK(was_logged("2 lines of the log of run before"));
}

TEST_CASE_METHOD(resume_log_fixture,
                 "what cannot be had is a fresh start with a warning") {
  auto loaded = ask<earlier_run>(reader, load_earlier_run{"before"});
  SECTION("no log") {
    plane->run_logs.fail(0, ec::control_plane_refused, "[404]");
    run();
    CHECK(was_logged("[404]"));
  }
  SECTION("no run") {
    plane->runs.fail(0, ec::control_plane_refused, "[404]");
    run();
    CHECK(was_logged("[404]"));
  }
  SECTION("a run that has none") {
    give_run(false);
    CHECK(was_logged("it has no log"));
  }
  SECTION("an empty log") {
    give_run();
    give_log("");
    CHECK(was_logged("no conversation"));
  }
  REQUIRE(loaded.answered());
  CHECK(loaded.value().history.empty());
  CHECK_FALSE(loaded.value().checkpoint);
  CHECK(was_logged("the session starts fresh"));
}

TEST_CASE_METHOD(resume_log_fixture,
                 "an id that is none never becomes part of a URL") {
  for (const auto* id : {"../other", "a b", "", "a/b", "a?b"}) {
    auto loaded = ask<earlier_run>(reader, load_earlier_run{id});
    CHECK(loaded.answered());
  }
  CHECK(plane->runs.size() == 0);
  CHECK(plane->run_logs.size() == 0);
}

TEST_CASE("a history tells who said and did what") {
  resumed_conversation conversation;
  conversation.omitted_turns = 3;
  conversation.turns.push_back({true, "mend it", {}});
  conversation.turns.push_back(
    {false, "Done.", {{"1", "Bash", "a\nb"}, {"2", "Edit", ""}}});
  CHECK(history_text(conversation)
        == "*(3 earlier turns omitted)*\n\n**User**: mend it\n\n"
           "**Assistant**: Done.\n\n**Assistant (tools)**:\n"
           "  - Bash → a\nb\n  - Edit");
  CHECK(history_text({}).empty());
}

TEST_CASE("the prompt of a resumed session is left out by the next one") {
  for (const bool restored : {true, false})
    for (const bool has_message : {true, false}) {
      const auto prompt = make_resume_prompt("HISTORY", restored, has_message);
      CHECK(prompt.before.find(std::string{resume_markers[0]})
            != std::string::npos);
      CHECK(prompt.before.find(std::string{resume_markers[1]})
            != std::string::npos);
      const auto& last = has_message ? prompt.after : prompt.before;
      CHECK(last.find(std::string{resume_markers[2]}) != std::string::npos);
      CHECK(prompt.after.empty() == !has_message);
    }
}
