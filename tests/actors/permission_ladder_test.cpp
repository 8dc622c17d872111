#include "actors/permission_ladder.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

permission_call call_of(permission_subject subject) {
  permission_call call;
  call.subject = subject;
  return call;
}

const auto tool = call_of(permission_subject::tool);

permission_settings unattended() {
  permission_settings settings;
  settings.attended = false;
  return settings;
}

permission_question question_with(std::vector<permission_option> options) {
  permission_question question;
  question.options = std::move(options);
  return question;
}

} // namespace

TEST_CASE("a plan and a question wait for a person in every mode (contract "
          "12.1.2, weakness 26)") {
  for (const auto subject :
       {permission_subject::plan, permission_subject::question})
    for (const auto* mode : {"bypassPermissions", "default", ""}) {
      CHECK(first_step(call_of(subject), {}, {mode, false, false})
            == permission_step::wait);
      CHECK(first_step(call_of(subject), unattended(), {mode, false, true})
            == permission_step::wait_until_deadline);
    }
}

TEST_CASE("a tool call is put to a person in the modes that ask (contract "
          "12.1.3)") {
  for (const auto* mode : {"default", "auto", "read-only"})
    CHECK(first_step(tool, {}, {mode, true, false}) == permission_step::wait);
  for (const auto* mode : {"bypassPermissions", "acceptEdits", "plan", ""})
    CHECK(first_step(tool, {}, {mode, true, false}) == permission_step::decide);
}

TEST_CASE("an unattended run waits only where somebody listens and answers "
          "(weakness 27)") {
  const auto settings = unattended();
  CHECK(first_step(tool, settings, {"default", true, false})
        == permission_step::wait_until_deadline);
  CHECK(first_step(tool, settings, {"default", false, false})
        == permission_step::decide);
  CHECK(first_step(tool, settings, {"default", true, true})
        == permission_step::decide);
}

TEST_CASE("an attended run waits also while its person is away") {
  CHECK(first_step(tool, {}, {"default", false, false})
        == permission_step::wait);
}

TEST_CASE("a command that publishes is refused before anything else where "
          "that is not allowed") {
  auto push = tool;
  push.command = "git push";
  permission_settings settings;
  CHECK(first_step(push, settings, {"bypassPermissions", false, false})
        == permission_step::decide);
  settings.may_publish = false;
  for (const auto* mode : {"bypassPermissions", "default"})
    CHECK(first_step(push, settings, {mode, true, false})
          == permission_step::refuse_publishing);
}

TEST_CASE("a question of a run that a thread asked for goes there, before "
          "anything else (contract 12.1.1)") {
  permission_settings settings;
  settings.asks_in_thread = true;
  CHECK(first_step(call_of(permission_subject::question), settings,
                   {"default", true, false})
        == permission_step::ask_in_thread);
  CHECK(first_step(call_of(permission_subject::plan), settings,
                   {"default", true, false})
        == permission_step::wait);
}

TEST_CASE("what nobody answers takes the first option that allows (contract "
          "12.1.5)") {
  CHECK(decided(question_with({{"no", "No", "reject_once"},
                               {"yes", "Yes", "allow_once"},
                               {"always", "Always", "allow_always"}}),
                tool)
          .option_id
        == "yes");
  CHECK(decided(question_with({{"a", "A", "other"}, {"b", "B", "other"}}), tool)
          .option_id
        == "a");
  CHECK(decided(question_with({}), tool).option_id.empty());
}

TEST_CASE("a question that nobody answers is refused, and the model is told "
          "(weakness 26)") {
  const auto answer =
    decided(question_with({{"option_0", "Red", "allow_once"}}),
            call_of(permission_subject::question));
  CHECK(answer.option_id.empty());
  CHECK(answer.answers.empty());
  CHECK(answer.custom_input.find("Nobody") == 0);
}

TEST_CASE("a refusal takes an option that rejects, and says why") {
  const auto answer = refused(
    question_with({{"yes", "Yes", "allow_once"}, {"no", "No", "reject_once"}}),
    "because");
  CHECK(answer.option_id == "no");
  CHECK(answer.custom_input == "because");
}

TEST_CASE("a chosen option of a question is its answer") {
  auto call = call_of(permission_subject::question);
  call.questions = {"Which colour?", "Which size?"};
  const auto question = question_with(
    {{"option_0", "Red", "allow_once"}, {"option_1", "Blue", "allow_once"}});
  using answers = std::vector<std::pair<std::string, std::string>>;
  CHECK(completed({"option_1", "", {}}, question, call).answers
        == answers{{"Which colour?", "Blue"}});
  CHECK(completed({"option_1", "teal", {}}, question, call).answers
        == answers{{"Which colour?", "Blue (teal)"}});
  CHECK(
    completed({"option_1", "", {{"Which size?", "L"}}}, question, call).answers
    == answers{{"Which size?", "L"}});
  CHECK(completed({"option_1", "", {}}, question, tool).answers.empty());
}
