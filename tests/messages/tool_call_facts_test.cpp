#include "messages/wire/tool_call_facts.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

tool_call_facts update(const std::string& members) {
  return read_tool_call(
    R"({"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s",)"
    R"("update":{"sessionUpdate":"tool_call_update","toolCallId":"t",)"
    + members + "}}}");
}

bool opens(const std::string& command) {
  return update(R"("_meta":{"claudeCode":{"toolName":"Bash","bashCommand":")"
                + command + R"("}})")
    .opens_pull_request;
}

std::string address_in(const std::string& text) {
  return update(R"("rawOutput":")" + text + R"(")").pull_request_url;
}

} // namespace

TEST_CASE("lines that are no tool calls say nothing") {
  for (const std::string line :
       {"", "nope", "[]", R"({"method":"tool_call"})",
        R"({"params":{"update":{"sessionUpdate":"plan","toolCallId":"t",)"
        R"("note":"tool_call"}}})"})
    CHECK(read_tool_call(line).call_id.empty());
}

TEST_CASE("a file tool that names its file has changed one") {
  for (const std::string tool :
       {"Write", "Edit", "MultiEdit", "Delete", "Move"})
    CHECK(update(R"("_meta":{"claudeCode":{"toolName":")" + tool
                 + R"(","toolResponse":{"filePath":"/a"}}})")
            .changed_file);
  CHECK_FALSE(update(R"("_meta":{"claudeCode":{"toolName":"Read",)"
                     R"("toolResponse":{"filePath":"/a"}}})")
                .changed_file);
  CHECK_FALSE(update(R"("_meta":{"claudeCode":{"toolName":"Edit",)"
                     R"("toolResponse":{"filePath":""}}})")
                .changed_file);
  CHECK_FALSE(
    update(R"("_meta":{"claudeCode":{"toolName":"Edit"}})").changed_file);
}

TEST_CASE("the kind of a call counts for agents without Claude's marks") {
  CHECK(update(R"("kind":"edit")").edits_files);
  CHECK_FALSE(update(R"("kind":"read")").edits_files);
  CHECK_FALSE(
    update(R"("kind":"edit","_meta":{"claudeCode":{"toolName":"Edit"}})")
      .edits_files);
}

TEST_CASE("a command that opens a pull request is known by its words") {
  CHECK(opens("gh pr create"));
  CHECK(opens("cd x && gh  pr\\n create --draft"));
  CHECK(opens("git push; gh\\tpr create -f"));
  CHECK(opens("(gh pr create)"));
  CHECK_FALSE(opens("gh pr created"));
  CHECK_FALSE(opens("high pr create"));
  CHECK_FALSE(opens("gh prcreate"));
  CHECK_FALSE(opens("gh pr view"));
  CHECK(update(R"("rawInput":{"command":["bash","-lc","gh pr create"]})")
          .opens_pull_request);
  CHECK(update(R"("rawInput":{"command":"gh pr create"})").opens_pull_request);
}

TEST_CASE("the first address of a pull request is found") {
  CHECK(address_in("a https://github.com/o-1/r.x/pull/12/files b")
        == "https://github.com/o-1/r.x/pull/12");
  CHECK(
    address_in("https://github.com/o/r/issues/1 "
               "https://github.com/o/r/pull/2 https://github.com/o/r/pull/3")
    == "https://github.com/o/r/pull/2");
  for (const std::string text :
       {"https://github.com/o/r/pull/", "https://github.com/o/pull/1",
        "http://github.com/o/r/pull/1", "https://github.com/", ""})
    CHECK(address_in(text).empty());
}

TEST_CASE("the address is looked for wherever an agent writes output "
          "(contract 19/41)") {
  const std::string url = "https://github.com/o/r/pull/5";
  for (
    const std::string members : {
      R"("_meta":{"claudeCode":{"toolResponse":"URL"}})",
      R"("_meta":{"claudeCode":{"toolResponse":{"stdout":"","stderr":"URL"}}})",
      R"("_meta":{"claudeCode":{"toolResponse":{"output":"URL"}}})",
      R"("content":[{"type":"text","text":"URL"}])",
      R"("content":[{"type":"content","content":{"type":"text","text":"URL"}}])",
      R"("rawOutput":{"aggregated_output":"URL"})",
      R"("_meta":{"terminal_output":{"data":"URL"}})",
    }) {
    auto filled = members;
    filled.replace(filled.find("URL"), 3, "see " + url + "\\n");
    INFO(filled);
    CHECK(update(filled).pull_request_url == url);
  }
}

TEST_CASE("how a call ended is told") {
  CHECK(update(R"("status":"completed")").completed);
  CHECK(update(R"("status":"failed")").failed);
  const auto running = update(R"("status":"in_progress")");
  CHECK_FALSE((running.completed || running.failed));
}
