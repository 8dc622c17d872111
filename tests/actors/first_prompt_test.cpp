#include "actors/first_prompt.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

task described(std::string text) {
  task found;
  found.description = std::move(text);
  return found;
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
  run.pending_user_message = text_block("from blocks");
  CHECK(choose_first_prompt(run, std::nullopt).blocks
        == text_block("from blocks"));
}

TEST_CASE("attachments of the pending message are refused in words") {
  task_run run;
  run.pending_user_message = "look at this";
  run.pending_artifact_ids = {"a", "b"};
  const auto chosen = choose_first_prompt(run, std::nullopt);
  REQUIRE(chosen.refusals.size() == 1);
  CHECK(chosen.refusals[0].find("2 attachments") != std::string::npos);
  CHECK(chosen.blocks == text_block("look at this"));
}
