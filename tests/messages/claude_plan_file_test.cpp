#include "messages/wire/claude/plan_file.hpp"

#include <catch2/catch.hpp>

using namespace agent_server::claude;

TEST_CASE("a plan is followed through the calls that write it") {
  plan_file plan{"/home/u/.claude/plans"};
  plan.note("Write", R"({"file_path":"/repo/x.md","content":"other"})");
  CHECK(plan.text().empty());
  plan.note(
    "Write",
    R"({"file_path":"/home/u/.claude/plans/p.md","content":"# Plan a"})");
  plan.note("Edit", R"({"file_path":"/home/u/.claude/plans/p.md",)"
                    R"("old_string":"a","new_string":"b"})");
  CHECK(plan.text() == "# Plbn a");
  plan.note("Edit", R"({"file_path":"/repo/x.md","old_string":"P",)"
                    R"("new_string":""})");
  plan.note("Write", "not json");
  plan.note("Bash", R"({"command":"x"})");
  CHECK(plan.text() == "# Plbn a");
}

TEST_CASE("without a directory no file is a plan") {
  plan_file plan;
  plan.note("Write", R"({"file_path":"/p.md","content":"# Plan"})");
  CHECK(plan.text().empty());
}
