#include "messages/wire/claude/plan.hpp"

#include "messages/wire/json_reader.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using claude::plan;

namespace {

bool take(plan& p, std::string_view tool, std::string_view input,
          std::string_view response = "null") {
  rapidjson::Document given;
  rapidjson::Document answered;
  REQUIRE(json::read(given, input));
  REQUIRE(json::read(answered, response));
  return p.take(tool, &given, &answered);
}

std::string entry(std::string_view content, std::string_view status) {
  return R"({"content":")" + std::string{content} + R"(","status":")"
         + std::string{status} + R"(","priority":"medium"})";
}

void create(plan& p, std::string_view id, std::string_view subject) {
  CHECK(take(p, "TaskCreate", R"({"description":"d"})",
             R"({"task":{"id":")" + std::string{id} + R"(","subject":")"
               + std::string{subject} + R"("}})"));
}

} // namespace

TEST_CASE("todos are the whole plan") {
  plan p;
  CHECK(take(p, "TodoWrite",
             R"({"todos":[{"content":"A","status":"in_progress"},)"
             R"({"content":"B","status":"pending"}]})"));
  CHECK(p.entries()
        == "[" + entry("A", "in_progress") + "," + entry("B", "pending") + "]");
  CHECK(take(p, "TodoWrite",
             R"({"todos":[{"content":"B","status":"completed"}]})"));
  CHECK(p.entries() == "[" + entry("B", "completed") + "]");
}

TEST_CASE("a plan that stays the same is not told again") {
  plan p;
  const auto* todos = R"({"todos":[{"content":"A","status":"pending"}]})";
  CHECK(take(p, "TodoWrite", todos));
  CHECK_FALSE(take(p, "TodoWrite", todos));
}

TEST_CASE("tasks are created, changed and deleted one by one") {
  plan p;
  create(p, "1", "A");
  create(p, "2", "B");
  CHECK(take(p, "TaskUpdate", R"({"taskId":"1","status":"in_progress"})",
             R"({"success":true,"taskId":"1",)"
             R"("statusChange":{"from":"pending","to":"in_progress"}})"));
  CHECK(take(p, "TaskUpdate", R"({"taskId":"2","subject":"C"})",
             R"({"success":true,"taskId":"2"})"));
  CHECK(p.entries()
        == "[" + entry("A", "in_progress") + "," + entry("C", "pending") + "]");
  CHECK(take(p, "TaskUpdate", R"({"taskId":"1","status":"deleted"})",
             R"({"success":true,"taskId":"1"})"));
  CHECK(p.entries() == "[" + entry("C", "pending") + "]");
}

TEST_CASE("a task that could not be changed stays as it is") {
  plan p;
  create(p, "1", "A");
  CHECK_FALSE(take(p, "TaskUpdate", R"({"taskId":"1","status":"completed"})",
                   R"({"success":false,"taskId":"1"})"));
  CHECK_FALSE(take(p, "TaskUpdate", R"({"taskId":"9","status":"completed"})",
                   R"({"success":true,"taskId":"9"})"));
  CHECK_FALSE(take(p, "TaskCreate", R"({"subject":"B"})"));
  CHECK(p.entries() == "[" + entry("A", "pending") + "]");
}

TEST_CASE("a list of tasks sets the plan right") {
  plan p;
  create(p, "1", "A");
  CHECK(take(p, "TaskList", "{}",
             R"({"tasks":[{"id":"1","subject":"A","status":"completed"},)"
             R"({"id":"2","subject":"B","status":"pending"}]})"));
  CHECK(p.entries()
        == "[" + entry("A", "completed") + "," + entry("B", "pending") + "]");
}

TEST_CASE("only the tools that keep the plan are hidden behind it") {
  for (const auto* tool : {"TodoWrite", "TaskCreate", "TaskUpdate", "TaskList"})
    CHECK(plan::kept_by(tool));
  for (const auto* tool : {"Task", "TaskGet", "TaskStop", "Bash"})
    CHECK_FALSE(plan::kept_by(tool));
}
