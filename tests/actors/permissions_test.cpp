#include "actors/permissions.hpp"

#include "fixture.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::test;

namespace {

/// What the clients and the log were told.
struct told {
  std::vector<announce_permission> announced;
  std::vector<std::string> retracted;
  std::vector<std::string> stream;
  std::vector<std::string> logged;
  client_watch_actor watcher;
  int questions_posted = 0;
};

const std::vector<permission_option> choices{{"yes", "Yes", "allow_once"},
                                             {"no", "No", "reject_once"}};

constexpr auto tool_call = R"({"title":"Delete it","kind":"edit"})";
constexpr auto plan_call = R"({"title":"Ready?","kind":"switch_mode"})";
constexpr auto question_call =
  R"({"kind":"other","_meta":{"codeToolKind":"question",)"
  R"("questions":[{"question":"Which?"}]}})";

permission_question question(std::string call = tool_call,
                             std::string id = "1") {
  permission_question made;
  made.title = "t";
  made.options = choices;
  made.id = std::move(id);
  made.options_json = "[]";
  made.tool_call_json = std::move(call);
  return made;
}

struct permissions_fixture : fixture {
  std::shared_ptr<told> heard = std::make_shared<told>();
  std::shared_ptr<plane_inbox> plane = std::make_shared<plane_inbox>();
  permission_settings settings;
  client_permissions_actor desk;

  permissions_fixture() {
    settings.deadline = 60s;
    at_end.emplace_back([box = heard] { box->watcher = nullptr; });
    at_end.emplace_back([box = plane] { box->clear(); });
  }

  void open(std::string mode = "default", std::size_t clients = 1) {
    permission_peers peers;
    peers.event_stream = system.spawn(
      [](event_stream_actor::pointer,
         std::shared_ptr<told> t) -> event_stream_actor::behavior_type {
        return {
          [t](const journal_entry& e) { t->stream.push_back(*e.notification); },
          [](const journal_tap_actor&) {},
          [](const attach_client&) {},
          [](const detach_client&) {},
          [](const close_streams&) { return streams_closed{}; },
          [t](const client_watch_actor& who) { t->watcher = who; },
          [t](const announce_permission& m) { t->announced.push_back(m); },
          [t](const retract_permission& m) {
            t->retracted.push_back(m.request_id);
          },
          [](const client_ready&) {},
          [](const open_spool&) {},
          [](const agent_server::alarm&) {},
        };
      },
      heard);
    peers.session_log = system.spawn(
      [](session_log_actor::pointer,
         std::shared_ptr<told> t) -> session_log_actor::behavior_type {
        return {
          [t](const journal_entry& e) { t->logged.push_back(*e.notification); },
          [](const flush_log&) { return log_flushed{}; },
          [](const agent_server::alarm&) {},
        };
      },
      heard);
    peers.control_plane = fake_plane(system, plane);
    peers.turn_relay = system.spawn(
      [](turn_relay_actor::pointer,
         std::shared_ptr<told> t) -> turn_relay_actor::behavior_type {
        return {
          [](const turn_said&) {},
          [t](const question_posted&) { ++t->questions_posted; },
        };
      },
      heard);
    desk = system.spawn(permissions, peers, settings, log);
    tell(session_mode{std::move(mode)});
    tell(clients_changed{clients});
  }

  template <class Message>
  void tell(Message message) {
    self->send(desk, std::move(message));
    run();
  }

  pending<permission_answer> put(permission_question asked) {
    return ask<permission_answer>(desk, std::move(asked));
  }

  std::string request_id(std::size_t i = 0) const {
    return heard->announced.at(i).request_id;
  }

  pending<permission_resolved> choose(std::string option,
                                      std::string request = {}) {
    return ask<permission_resolved>(
      desk, answer_permission{request.empty() ? request_id() : request,
                              {std::move(option), "said", {{"q", "a"}}}});
  }

  static bool any(const std::vector<std::string>& lines,
                  const std::string& part) {
    for (const auto& line : lines)
      if (line.find(part) != std::string::npos)
        return true;
    return false;
  }
};

} // namespace

TEST_CASE_METHOD(permissions_fixture,
                 "an open question is shown and its answer carried back") {
  open();
  auto asked = put(question());
  CHECK_FALSE(asked.answered());
  REQUIRE(heard->announced.size() == 1);
  CHECK(request_id().size() == 36);
  CHECK(*heard->announced[0].event
        == R"({"type":"permission_request","requestId":")" + request_id()
             + R"(","options":[],"toolCall":)" + tool_call + "}");
  CHECK(choose("no").answered());
  REQUIRE(asked.answered());
  CHECK(asked.value().option_id == "no");
  CHECK(asked.value().custom_input == "said");
  REQUIRE(asked.value().answers.size() == 1);
  CHECK(asked.value().answers[0].second == "a");
  CHECK(heard->retracted == std::vector<std::string>{request_id()});
}

TEST_CASE_METHOD(permissions_fixture,
                 "a request and its resolution stand in the log (weakness 9)") {
  open();
  put(question());
  CHECK(any(heard->logged, R"("_posthog/permission_request","params":)"
                           R"({"requestId":")"
                             + request_id()));
  choose("yes");
  CHECK(any(heard->logged, "_posthog/permission_resolved"));
  CHECK(any(heard->stream, R"("optionId":"yes","resolvedBy":"client")"));
  CHECK_FALSE(any(heard->stream, "_posthog/permission_request"));
}

TEST_CASE_METHOD(permissions_fixture,
                 "only an option that was offered is accepted (weakness 28)") {
  open();
  auto asked = put(question());
  auto wrong = choose("maybe");
  REQUIRE(wrong.failed());
  CHECK(describe(*wrong.error).find("Option \"maybe\" was not offered") == 0);
  CHECK_FALSE(asked.answered());
  CHECK(choose("yes").answered());
  CHECK(asked.answered());
}

TEST_CASE_METHOD(permissions_fixture, "the first answer wins") {
  open();
  auto asked = put(question());
  choose("no");
  auto late = choose("yes");
  REQUIRE(late.failed());
  CHECK(describe(*late.error)
        == "No pending permission request found for id: " + request_id());
  CHECK(asked.value().option_id == "no");
}

TEST_CASE_METHOD(permissions_fixture,
                 "an unknown request is named in the answer") {
  open();
  auto wrong = choose("yes", "nope");
  REQUIRE(wrong.failed());
  CHECK(describe(*wrong.error)
        == "No pending permission request found for id: nope");
}

TEST_CASE_METHOD(permissions_fixture,
                 "an attended run waits without a limit, whoever is there") {
  open("default", 0);
  auto asked = put(question());
  advance(24h);
  CHECK_FALSE(asked.answered());
  choose("yes");
  CHECK(asked.answered());
}

TEST_CASE_METHOD(permissions_fixture,
                 "an unattended run decides at its deadline, not before") {
  settings.attended = false;
  open();
  auto asked = put(question());
  advance(59s);
  CHECK_FALSE(asked.answered());
  advance(1s);
  REQUIRE(asked.answered());
  CHECK(asked.value().option_id == "yes");
  CHECK(any(heard->logged, R"("resolvedBy":"deadline")"));
  CHECK(was_logged("nobody answered permission request " + request_id()));
}

TEST_CASE_METHOD(permissions_fixture,
                 "one unanswered question is enough to know that nobody "
                 "answers, until somebody comes (weakness 27)") {
  settings.attended = false;
  open();
  put(question());
  advance(60s);
  auto second = put(question(tool_call, "2"));
  CHECK(second.answered());
  tell(clients_changed{2});
  auto third = put(question(tool_call, "3"));
  CHECK_FALSE(third.answered());
  choose("no", request_id(1));
  CHECK(third.answered());
}

TEST_CASE_METHOD(permissions_fixture,
                 "where no client is attached any more an unattended run does "
                 "not wait (weakness 27)") {
  settings.attended = false;
  open();
  tell(clients_changed{0});
  CHECK(put(question()).answered());
  CHECK(heard->announced.empty());
}

TEST_CASE_METHOD(permissions_fixture,
                 "a plan waits for the deadline also when nobody is attached") {
  settings.attended = false;
  open("bypassPermissions", 0);
  auto asked = put(question(plan_call));
  CHECK_FALSE(asked.answered());
  advance(60s);
  CHECK(asked.value().option_id == "yes");
}

TEST_CASE_METHOD(permissions_fixture,
                 "a question that nobody answers is not answered for them "
                 "(weakness 26)") {
  settings.attended = false;
  open("bypassPermissions", 0);
  auto asked = put(question(question_call));
  advance(60s);
  REQUIRE(asked.answered());
  CHECK(asked.value().option_id == "no");
  CHECK(asked.value().custom_input.find("Nobody is there") == 0);
}

TEST_CASE_METHOD(permissions_fixture, "the mode of the moment counts") {
  open("bypassPermissions");
  CHECK(put(question()).answered());
  tell(session_mode{"default"});
  CHECK_FALSE(put(question()).answered());
}

TEST_CASE_METHOD(permissions_fixture,
                 "a command that publishes is refused with a sentence where "
                 "publishing is off (weakness 24)") {
  settings.may_publish = false;
  open("bypassPermissions");
  auto asked =
    put(question(R"({"rawInput":{"toolName":"Bash","command":"git push"}})"));
  REQUIRE(asked.answered());
  CHECK(asked.value().option_id == "no");
  CHECK(asked.value().custom_input.find("do not push") != std::string::npos);
}

TEST_CASE_METHOD(permissions_fixture,
                 "a question that is withdrawn is cancelled (weakness 20)") {
  open();
  auto first = put(question(tool_call, "1"));
  auto second = put(question(tool_call, "2"));
  tell(withdraw_permission{"1"});
  REQUIRE(first.answered());
  CHECK(first.value().option_id.empty());
  CHECK_FALSE(second.answered());
  CHECK(heard->retracted == std::vector<std::string>{request_id(0)});
  CHECK(any(heard->logged, R"("outcome":"cancelled","resolvedBy":"agent")"));
  CHECK(choose("yes", request_id(0)).failed());
  choose("yes", request_id(1));
}

TEST_CASE_METHOD(permissions_fixture,
                 "the end of the session refuses what is open and what comes") {
  open();
  auto asked = put(question());
  CHECK(ask<permissions_ended>(desk, end_permissions{}).answered());
  REQUIRE(asked.answered());
  CHECK(asked.value().option_id == "no");
  CHECK(asked.value().custom_input == "Session is shutting down.");
  CHECK(put(question()).value().option_id == "no");
}

TEST_CASE_METHOD(permissions_fixture,
                 "a question without options cannot be answered and is "
                 "cancelled") {
  open();
  auto empty = question();
  empty.options.clear();
  CHECK(put(empty).value().option_id.empty());
}

TEST_CASE_METHOD(permissions_fixture,
                 "a question of a Slack run is posted, and the model learns it "
                 "(weakness 25)") {
  settings.asks_in_thread = true;
  open("bypassPermissions");
  auto asked = put(question(question_call));
  REQUIRE(plane->relays.size() == 1);
  CHECK(plane->relays.question(0).text.find("*Which?*") == 0);
  CHECK_FALSE(asked.answered());
  plane->relays.answer(0, message_relayed{});
  run();
  REQUIRE(asked.answered());
  CHECK(asked.value().custom_input.find("Slack thread") != std::string::npos);
  CHECK(heard->announced.empty());
  CHECK(heard->questions_posted == 1);
}

TEST_CASE_METHOD(permissions_fixture,
                 "a question that cannot be posted is refused") {
  settings.asks_in_thread = true;
  open();
  auto asked = put(question(question_call));
  plane->relays.fail(0, ec::control_plane_refused, "no");
  run();
  REQUIRE(asked.answered());
  CHECK(asked.value().custom_input.find("Nobody") == 0);
  CHECK(was_logged("could not be posted: no"));
  CHECK(heard->questions_posted == 0);
}

TEST_CASE_METHOD(permissions_fixture, "the open questions are bounded") {
  open();
  for (std::size_t i = 0; i < max_open_permissions; ++i)
    put(question(tool_call, std::to_string(i)));
  CHECK(put(question(tool_call, "one more")).value().option_id == "no");
  tell(end_permissions{});
}

TEST_CASE_METHOD(permissions_fixture,
                 "the open questions are bounded by their bytes") {
  open();
  auto large = question();
  large.tool_call_json =
    R"({"x":")" + std::string(max_open_permission_bytes, 'x') + R"("})";
  CHECK_FALSE(put(large).answered());
  CHECK(put(question(tool_call, "2")).value().option_id == "no");
  choose("yes");
  CHECK_FALSE(put(question(tool_call, "3")).answered());
  tell(end_permissions{});
}
