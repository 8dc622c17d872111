#include "messages/error.hpp"
#include "messages/wire/cloud_prompt.hpp"
#include "messages/wire/json_reader.hpp"
#include "messages/wire/task_api.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

TEST_CASE("a task gives description, schema and whether it is internal") {
  const auto parsed = task_api::parse_task(
    R"({"description":"do","json_schema":{"type": "object"},"internal":true})");
  REQUIRE(parsed);
  CHECK(parsed->description == "do");
  CHECK(parsed->json_schema == R"({"type":"object"})");
  CHECK(parsed->internal);
}

TEST_CASE("fields of a task that are absent or of another type are passed by") {
  for (const auto* body :
       {"{}", R"({"description":7,"json_schema":null,"internal":"true"})"}) {
    const auto parsed = task_api::parse_task(body);
    REQUIRE(parsed);
    CHECK(parsed->description.empty());
    CHECK(parsed->json_schema.empty());
    CHECK_FALSE(parsed->internal);
  }
}

TEST_CASE("a body that is no JSON object is refused") {
  for (const auto* body : {"", "<html>", "[]", "null", R"({"a":)"}) {
    INFO(body);
    const auto parsed_task = task_api::parse_task(body);
    REQUIRE_FALSE(parsed_task);
    CHECK(code_of(parsed_task.error()) == ec::control_plane_refused);
    const auto parsed_run = task_api::parse_run(body);
    REQUIRE_FALSE(parsed_run);
    CHECK_THAT(describe(parsed_run.error()), Catch::Contains("task run"));
  }
}

TEST_CASE("a run gives its state") {
  const auto parsed = task_api::parse_run(
    R"({"id":"r","state":{"initial_permission_mode":"plan",)"
    R"("initial_prompt_override":" go ","resume_from_run_id":"  ",)"
    R"("slack_notified_pr_url":"u","pending_user_message":" m ",)"
    R"("pending_user_artifact_ids":["a",1,"b"]}})");
  REQUIRE(parsed);
  CHECK(parsed->id == "r");
  CHECK(parsed->initial_permission_mode == "plan");
  CHECK(parsed->initial_prompt_override == "go");
  CHECK(parsed->resume_from_run_id == std::nullopt);
  CHECK(parsed->slack_notified_pr_url == "u");
  CHECK(parsed->pending_user_message == " m ");
  CHECK(parsed->pending_artifact_ids == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a pending message may be an array of blocks") {
  const auto parsed = task_api::parse_run(
    R"({"state":{"pending_user_message":[ {"type":"text"} ]}})");
  REQUIRE(parsed);
  REQUIRE(parsed->pending_user_message);
  CHECK(decode_cloud_prompt(*parsed->pending_user_message)
        == R"([{"type":"text"}])");
}

TEST_CASE(
  "pending keys are those present, in their order, whatever they hold") {
  const auto parsed =
    task_api::parse_run(R"({"state":{"pending_user_message_ts":null,"other":1,)"
                        R"("pending_user_message":7}})");
  REQUIRE(parsed);
  CHECK(parsed->pending_keys
        == std::vector<std::string>{"pending_user_message",
                                    "pending_user_message_ts"});
  CHECK(parsed->pending_user_message == std::nullopt);
}

TEST_CASE("a state that is no object counts as empty") {
  const auto parsed = task_api::parse_run(R"({"state":[1]})");
  REQUIRE(parsed);
  CHECK(parsed->pending_keys.empty());
}

TEST_CASE("bodies of the task API have the contract's bytes") {
  CHECK(task_api::in_progress_body() == R"({"status":"in_progress"})");
  CHECK(task_api::failed_body("a\nb")
        == R"({"status":"failed","error_message":"a\nb"})");
  CHECK(task_api::remove_keys_body({"a", "b"})
        == R"({"state_remove_keys":["a","b"]})");
  const auto entry = std::make_shared<const std::string>("{}");
  CHECK(task_api::append_log_body({entry, entry}) == R"({"entries":[{},{}]})");
  CHECK(task_api::append_log_body({}) == R"({"entries":[]})");
  CHECK(task_api::relay_message_body("a \"b\"") == R"({"text":"a \"b\""})");
}

TEST_CASE("a relayed text is cut between characters (weakness 36)") {
  std::string text;
  for (int i = 0; i < 10'001; ++i)
    text += "\u00e9";
  CHECK(task_api::relay_message_body(text)
        == R"({"text":")" + text.substr(0, 20'000) + R"("})");
}

TEST_CASE("a refused request is told with its JSON body, or its status") {
  CHECK(task_api::error_text(404, R"({ "detail": "no" })")
        == R"(Failed request: [404] {"detail":"no"})");
  CHECK(task_api::error_text(502, "<html>")
        == "Failed request: [502] Bad Gateway");
}

TEST_CASE("a long error text is cut between characters") {
  std::string body = "\"";
  for (int i = 0; i < 2'000; ++i)
    body += "é";
  const auto text = task_api::error_text(400, body + '"');
  CHECK(text.size() <= 2'000);
  CHECK(text.size() >= 1'998);
  CHECK(text.substr(text.size() - 2) == "é");
}

TEST_CASE("a patch replaces status, error and branch") {
  CHECK(task_api::merge_run(R"({"id":"r","status":"queued"})",
                            R"({"status":"failed","error_message":"x",)"
                            R"("branch":"b","id":"other"})")
        == R"({"id":"r","status":"failed","error_message":"x","branch":"b"})");
}

TEST_CASE("a patch merges output one level deep") {
  CHECK(task_api::merge_run(R"({"output":{"a":{"x":1},"b":2}})",
                            R"({"output":{"a":{"y":1},"c":3}})")
        == R"({"output":{"a":{"y":1},"b":2,"c":3}})");
  CHECK(task_api::merge_run(R"({"output":null})", R"({"output":{"c":3}})")
        == R"({"output":{"c":3}})");
}

TEST_CASE("a patch removes keys of the state") {
  CHECK(task_api::merge_run(R"({"state":{"a":1,"b":2,"c":3}})",
                            R"({"state_remove_keys":["c","a","z",7]})")
        == R"({"state":{"b":2}})");
  CHECK(task_api::merge_run("{}", R"({"state_remove_keys":["a"]})") == "{}");
}

TEST_CASE("a patch that is no object changes nothing") {
  CHECK(task_api::merge_run(R"({"id":1})", "nope") == R"({"id":1})");
}

TEST_CASE("the artifacts of a run are read, each as far as it is told") {
  const auto parsed = task_api::parse_run(
    R"({"log_url":"https://logs","artifacts":[)"
    R"({"id":"a","name":"n.png","storage_path":"p/n","size":7,)"
    R"("content_type":"image/png"},"no object",{"id":"b","size":"7"}]})");
  REQUIRE(parsed);
  CHECK(parsed->has_log);
  REQUIRE(parsed->artifacts.size() == 2);
  CHECK(parsed->artifacts[0]
        == attachment{"a", "n.png", "p/n", "image/png", 7});
  CHECK(parsed->artifacts[1] == attachment{"b", {}, {}, {}, {}});
}

TEST_CASE("a run without artifacts and log has none") {
  for (const auto* body : {"{}", R"({"artifacts":null,"log_url":null})",
                           R"({"artifacts":{},"log_url":""})"}) {
    const auto parsed = task_api::parse_run(body);
    REQUIRE(parsed);
    CHECK(parsed->artifacts.empty());
    CHECK_FALSE(parsed->has_log);
  }
}

TEST_CASE("an upload is a list of artifacts whose content is text") {
  const artifact pack{"handoff/1.pack", "application/x-git-packed-objects",
                      std::make_shared<const std::string>("cGFjaw==")};
  CHECK(task_api::artifacts_body({pack})
        == R"({"artifacts":[{"name":"handoff/1.pack","type":"artifact",)"
           R"("content":"cGFjaw==",)"
           R"("content_type":"application/x-git-packed-objects"}]})");
}

TEST_CASE("what was uploaded stands last in the run's list") {
  const auto* list = R"([{"storage_path":"old"},{"storage_path":"a"},)"
                     R"({"storage_path":"b"}])";
  const auto paths = task_api::parse_storage_paths(
    R"({"artifacts":)" + std::string{list} + "}", 2);
  REQUIRE(paths);
  CHECK(*paths == std::vector<std::string>{"a", "b"});
  CHECK(task_api::parse_storage_paths(list, 1)->front() == "b");
}

TEST_CASE("an answer that does not say where an artifact is, is refused") {
  for (const std::string body :
       {"", "{}", R"({"artifacts":[]})", R"({"artifacts":[{}]})",
        R"({"artifacts":[{"storage_path":7}]})"}) {
    INFO(body);
    const auto paths = task_api::parse_storage_paths(body, 1);
    REQUIRE_FALSE(paths);
    CHECK(code_of(paths.error()) == ec::control_plane_refused);
  }
}
