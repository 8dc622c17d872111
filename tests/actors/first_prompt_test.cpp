#include "actors/first_prompt.hpp"

#include "messages/wire/cloud_prompt.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

task described(std::string text) {
  task found;
  found.description = std::move(text);
  return found;
}

attachment artifact_of(std::string id, std::string storage_path) {
  attachment file;
  file.id = std::move(id);
  file.name = "file.txt";
  file.storage_path = std::move(storage_path);
  return file;
}

std::string text_block(const std::string& text) {
  return R"([{"type":"text","text":")" + text + R"("}])";
}

} // namespace

TEST_CASE("the pending message comes before everything") {
  task_run run;
  run.pending_user_message = "pending";
  run.initial_prompt_override = "override";
  run.pending_keys = {"pending_user_message"};
  const auto chosen = choose_first_prompt(run, described("description"));
  CHECK(chosen.blocks == text_block("pending"));
  CHECK(chosen.consumed_keys == run.pending_keys);
  CHECK_FALSE(needs_description(run));
}

TEST_CASE("the override comes before the description") {
  task_run run;
  run.initial_prompt_override = "  override ";
  CHECK(choose_first_prompt(run, described("description")).blocks
        == text_block("override"));
  CHECK_FALSE(needs_description(run));
}

TEST_CASE("a blank override does not count") {
  task_run run;
  run.initial_prompt_override = "  ";
  CHECK(choose_first_prompt(run, described("description")).blocks
        == text_block("description"));
  CHECK(needs_description(run));
}

TEST_CASE("without any text there is no first prompt") {
  CHECK(choose_first_prompt({}, described(" ")).blocks.empty());
  CHECK(choose_first_prompt({}, std::nullopt).blocks.empty());
}

TEST_CASE("a pending message may be a list of blocks") {
  task_run run;
  run.pending_user_message = code_cloud_prompt(text_block("from blocks"));
  CHECK(choose_first_prompt(run, std::nullopt).blocks
        == text_block("from blocks"));
}

TEST_CASE("a pending message that begins with a bracket is text") {
  task_run run;
  run.pending_user_message = "[urgent] mend it";
  CHECK(choose_first_prompt(run, std::nullopt).blocks
        == text_block("[urgent] mend it"));
}

TEST_CASE("attachments of the pending message are looked up in the run") {
  task_run run;
  run.pending_user_message = "look at this";
  run.pending_artifact_ids = {"b", "gone", "nowhere", "a"};
  run.artifacts = {artifact_of("a", "path/a"), artifact_of("b", "path/b"),
                   artifact_of("nowhere", "")};
  const auto chosen = choose_first_prompt(run, std::nullopt);
  CHECK(chosen.blocks == text_block("look at this"));
  CHECK(chosen.attachments
        == std::vector<attachment>{artifact_of("b", "path/b"),
                                   artifact_of("a", "path/a")});
  REQUIRE(chosen.refusals.size() == 2);
  CHECK(chosen.refusals[0].find("gone is no artifact") != std::string::npos);
  CHECK(chosen.refusals[1].find("file.txt") != std::string::npos);
  CHECK(chosen.refusals[1].find("storage_path") != std::string::npos);
}

TEST_CASE("attachments alone are a pending message") {
  task_run run;
  run.pending_artifact_ids = {"a"};
  run.artifacts = {artifact_of("a", "path/a")};
  const auto chosen = choose_first_prompt(run, described("description"));
  CHECK(chosen.blocks.empty());
  CHECK(chosen.attachments.size() == 1);
  CHECK_FALSE(needs_description(run));
}

TEST_CASE("a pending message of nothing but lost attachments gives way") {
  task_run run;
  run.pending_artifact_ids = {"a"};
  CHECK(choose_first_prompt(run, described("description")).blocks
        == text_block("description"));
}

TEST_CASE("a session goes on without a word of the task's description") {
  task_run run;
  run.initial_prompt_override = "override";
  run.pending_keys = {"pending_user_message_ts"};
  const auto chosen = choose_resume_prompt(run, "HISTORY", true);
  CHECK(chosen.blocks.find("HISTORY") != std::string::npos);
  CHECK(chosen.blocks.find("override") == std::string::npos);
  CHECK(chosen.closing.empty());
  CHECK(chosen.consumed_keys == run.pending_keys);
}

TEST_CASE("a pending message stands between history and closing") {
  // contract 19/17: upstream leaves the pending keys on this path.
  task_run run;
  run.pending_user_message = "and now this";
  run.pending_artifact_ids = {"a"};
  run.artifacts = {artifact_of("a", "path/a")};
  run.pending_keys = {"pending_user_message"};
  const auto chosen = choose_resume_prompt(run, "HISTORY", false);
  const auto history = chosen.blocks.find("HISTORY");
  const auto message =
    chosen.blocks.find(R"({"type":"text","text":"and now this"})");
  REQUIRE(history != std::string::npos);
  REQUIRE(message != std::string::npos);
  CHECK(history < message);
  CHECK(chosen.attachments.size() == 1);
  CHECK(chosen.closing.find("Continue from where you left off")
        != std::string::npos);
  CHECK(chosen.consumed_keys == run.pending_keys);
}
