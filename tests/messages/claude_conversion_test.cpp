// Whole runs of real CLIs, as the driver feeds them.
#include "claude_transcript.hpp"

using namespace agent_server::claude;
using agent_server::journal_kind;
using transcript::contains;
using transcript::play;
using transcript::updates;

namespace {

std::string meta(std::string_view members) {
  return R"("_meta":{"claudeCode":{)" + std::string{members} + "}}}";
}

} // namespace

TEST_CASE("text streams as chunks that the log takes together") {
  for (const auto& version : transcript::versions) {
    const auto lines = play(version, "plain_text");
    const auto chunks = updates(lines, "agent_message_chunk");
    CHECK(chunks.size() > 1);
    CHECK(chunks.front()
          == R"({"sessionUpdate":"agent_message_chunk","content":)"
             R"({"type":"text","text":"Hello"}})");
    // The whole block comes once more in an assistant frame.
    CHECK(transcript::logged_text(lines) == "Hello from the model.");
  }
}

TEST_CASE("thoughts stream as thought chunks") {
  for (const auto& version : transcript::versions) {
    const auto lines = play(version, "deep_thought");
    std::string thought;
    for (const auto& each : updates(lines, "agent_thought_chunk"))
      thought += each;
    CHECK(contains(thought, "Let"));
    CHECK(transcript::logged_text(lines) == "Four.");
  }
}

TEST_CASE("a command is announced, stated, answered and finished") {
  for (const auto& version : transcript::versions) {
    const auto lines = play(version, "bash");
    const auto* id = "toolu_0004";
    CHECK(updates(lines, "tool_call", id)
          == std::vector<std::string>{
            R"({"sessionUpdate":"tool_call","toolCallId":"toolu_0004",)"
            R"("status":"pending","title":"Execute command","kind":"execute",)"
            R"("content":[],"rawInput":{},)"
            + meta(R"("toolName":"Bash","toolCallId":"toolu_0004")")});
    const auto changes = updates(lines, "tool_call_update", id);
    REQUIRE(changes.size() == 4);
    CHECK(changes[0]
          == R"({"sessionUpdate":"tool_call_update","toolCallId":"toolu_0004",)"
             R"("rawInput":{"command":"echo fine"},)"
               + meta(R"("toolName":"Bash","toolCallId":"toolu_0004")"));
    CHECK(changes[1]
          == R"({"sessionUpdate":"tool_call_update","toolCallId":"toolu_0004",)"
             R"("title":"Print","kind":"execute","content":[{"type":"content",)"
             R"("content":{"type":"text","text":"echo fine"}}],)"
             R"("rawInput":{"command":"echo fine","description":"Print"},)"
               + meta(R"("toolName":"Bash","toolCallId":"toolu_0004",)"
                      R"("bashCommand":"echo fine")"));
    CHECK(changes[2]
          == R"({"sessionUpdate":"tool_call_update","toolCallId":"toolu_0004",)"
               + meta(R"("toolName":"Bash","toolCallId":"toolu_0004",)"
                      R"("bashCommand":"echo fine","toolResponse":)"
                      R"({"stdout":"fine","stderr":"","interrupted":false,)"
                      R"("isImage":false,"noOutputExpected":false})"));
    CHECK(changes[3]
          == R"({"sessionUpdate":"tool_call_update","toolCallId":"toolu_0004",)"
             R"("status":"completed","content":[{"type":"content","content":)"
             R"({"type":"text","text":"```console\nfine\n```"}}],"rawOutput":)"
             R"({"content":[{"type":"text","text":"fine"}],"isError":false},)"
               + meta(R"("toolName":"Bash","toolCallId":"toolu_0004")"));
  }
}

TEST_CASE("a command that fails ends failed with its exit code") {
  for (const auto& version : transcript::versions) {
    const auto changes =
      updates(play(version, "bash"), "tool_call_update", "toolu_0002");
    REQUIRE_FALSE(changes.empty());
    CHECK(contains(changes.back(), R"("status":"failed")"));
    CHECK(contains(changes.back(), R"(```\nExit code 3\nout\n```)"));
    CHECK(contains(changes.back(), R"("isError":true)"));
  }
}

TEST_CASE("an edit shows its words first, and its hunks once it is done") {
  for (const auto& version : transcript::versions) {
    const auto changes =
      updates(play(version, "edit"), "tool_call_update", "toolu_0004");
    REQUIRE(changes.size() == 4);
    CHECK(contains(changes[1], R"("title":"Edit `greeting.txt`")"));
    CHECK(contains(changes[1],
                   R"("content":[{"type":"diff","path":"/repo/greeting.txt",)"
                   R"("oldText":"hello","newText":"good day"}])"));
    CHECK(contains(changes[2],
                   R"("content":[{"type":"diff","path":"/repo/greeting.txt",)"
                   R"("oldText":"hello\nworld","newText":"good day\nworld"}],)"
                   R"("locations":[{"path":"/repo/greeting.txt","line":1}])"));
    CHECK(contains(changes[2], R"("toolResponse":{"filePath")"));
    CHECK(contains(changes[3], R"("status":"completed")"));
    CHECK_FALSE(contains(changes[3], R"("title")"));
    CHECK(changes[3].find(R"("content")") > changes[3].find(R"("rawOutput")"));
  }
}

TEST_CASE("a new file is a diff from nothing") {
  for (const auto& version : transcript::versions) {
    const auto changes =
      updates(play(version, "edit"), "tool_call_update", "toolu_0006");
    REQUIRE(changes.size() == 4);
    CHECK(contains(changes[1], R"("oldText":null,"newText":"one\ntwo\n")"));
    CHECK_FALSE(contains(changes[2], R"("diff")"));
  }
}

TEST_CASE("every update of a tool call names it where the resume reader looks "
          "(contract 19/39)") {
  for (const auto& version : transcript::versions) {
    const auto lines = play(version, "edit");
    int seen = 0;
    for (const auto* kind : {"tool_call", "tool_call_update"})
      for (const auto& each : updates(lines, kind)) {
        ++seen;
        CHECK(contains(each, R"("claudeCode":{"toolName":")"));
        CHECK(contains(each, R"("toolCallId":"toolu_)"));
        CHECK(each.find(R"("toolCallId")", each.find(R"("_meta")"))
              != std::string::npos);
      }
    CHECK(seen > 10);
  }
}

TEST_CASE("a refused call ends failed with the reason") {
  for (const auto& version : transcript::versions) {
    const auto changes =
      updates(play(version, "refused"), "tool_call_update", "toolu_0002");
    REQUIRE_FALSE(changes.empty());
    CHECK(contains(changes.back(), R"("status":"failed")"));
    CHECK(contains(changes.back(), "Not this one, please."));
  }
}

TEST_CASE("a plan in plan mode is a call that ends in another title") {
  for (const auto& version : transcript::versions) {
    const auto lines = play(version, "plan");
    const auto changes = updates(lines, "tool_call_update", "toolu_0002");
    REQUIRE(changes.size() == 3);
    CHECK(contains(changes[0], R"("kind":"switch_mode")"));
    CHECK(contains(changes[0], R"(# Rename the greeting\n)"));
    CHECK(contains(changes[2], R"("title":"Exited Plan Mode")"));
  }
}

TEST_CASE("an answered question shows the answer") {
  for (const auto& version : transcript::versions) {
    const auto lines = play(version, "question");
    const auto changes = updates(lines, "tool_call_update", "toolu_0002");
    REQUIRE_FALSE(changes.empty());
    CHECK(contains(changes.front(), R"("title":"Which colour?")"));
    CHECK(contains(changes.back(), R"("title":"Answer received")"));
    CHECK(contains(changes.back(), "Blue"));
  }
}

TEST_CASE("TodoWrite is a plan and no tool call") {
  for (const auto& version : transcript::versions) {
    const auto lines = play(version, "todos");
    CHECK(updates(lines, "tool_call").empty());
    CHECK(updates(lines, "tool_call_update").empty());
    CHECK(
      updates(lines, "plan")
      == std::vector<std::string>{
        R"({"sessionUpdate":"plan","entries":[)"
        R"({"content":"Step 1","status":"in_progress","priority":"medium"},)"
        R"({"content":"Step 2","status":"pending","priority":"medium"}]})",
        R"({"sessionUpdate":"plan","entries":[)"
        R"({"content":"Step 1","status":"completed","priority":"medium"},)"
        R"({"content":"Step 2","status":"in_progress",)"
        R"("priority":"medium"}]})"});
  }
}

TEST_CASE("the Task tools are a plan and no tool calls") {
  for (const auto& version : transcript::versions) {
    const auto lines = play(version, "tasks");
    CHECK(updates(lines, "tool_call").empty());
    CHECK(updates(lines, "tool_call_update").empty());
    CHECK(updates(lines, "plan")
          == std::vector<std::string>{
            R"({"sessionUpdate":"plan","entries":[)"
            R"({"content":"Step 1","status":"pending","priority":"medium"}]})",
            R"({"sessionUpdate":"plan","entries":[{"content":"Step 1",)"
            R"("status":"in_progress","priority":"medium"}]})"});
  }
}

TEST_CASE("the Task tools are a plan without hooks too") {
  for (const auto& version : transcript::versions) {
    auto c = transcript::session();
    std::vector<acp_line> lines;
    for (const auto& f : transcript::frames(version, "tasks"))
      c.take(f, lines);
    CHECK(updates(lines, "plan").size() == 2);
  }
}

TEST_CASE("what a sub-agent does names the call that started it") {
  for (const auto& version : transcript::versions) {
    const auto lines = play(version, "sub_agent");
    const auto calls = updates(lines, "tool_call");
    REQUIRE(calls.size() == 2);
    CHECK(contains(calls[0], R"("kind":"think")"));
    CHECK_FALSE(contains(calls[0], "parentToolCallId"));
    CHECK(contains(calls[1], R"("parentToolCallId":"toolu_0002")"));
    CHECK(contains(calls[1], R"("title":"Count files")"));
    CHECK(contains(calls[1], R"("bashCommand":"ls | wc -l")"));
    CHECK(transcript::logged_text(lines).find("I ask a helper.") == 0);
  }
}

TEST_CASE("a sub-agent's text and thoughts are marked, and not the agent's") {
  const auto lines = play("2.1.331", "sub_agent");
  CHECK(updates(lines, "agent_thought_chunk")
        == std::vector<std::string>{
          R"({"sessionUpdate":"agent_thought_chunk","content":{"type":"text",)"
          R"("text":"I look."},)"
          + meta(R"("toolName":"__thinking__",)"
                 R"("parentToolCallId":"toolu_0002")")});
  int marked = 0;
  for (const auto& each : lines)
    if (contains(each.line, "__text__")) {
      ++marked;
      CHECK(each.kind == journal_kind::other);
      CHECK(contains(each.line, R"("parentToolCallId":"toolu_0002")"));
    }
  CHECK(marked == 2);
  CHECK_FALSE(contains(transcript::logged_text(lines), "I count them."));
}

TEST_CASE("what the CLI tells its model of a sub-agent that runs on is not "
          "shown") {
  const auto changes =
    updates(play("2.1.331", "sub_agent"), "tool_call_update", "toolu_0002");
  REQUIRE_FALSE(changes.empty());
  const auto& last = changes.back();
  CHECK(contains(last, R"("status":"completed","rawOutput")"));
  CHECK(contains(last, "Async agent launched"));
}

TEST_CASE("a task in the background that ends is told") {
  const auto told = transcript::params(play("2.1.331", "sub_agent"),
                                       "_posthog/task_notification");
  REQUIRE(told.size() == 1);
  CHECK(contains(told[0], R"("sessionId":"s","taskId":"a)"));
  CHECK(contains(told[0], R"("status":"completed",)"
                          R"("summary":"There is one file.","outputFile":"/)"));
}

TEST_CASE("usage follows the main agent's messages and ends with the cost") {
  for (const auto& version : transcript::versions) {
    const auto lines = play(version, "plain_text");
    const auto usage = updates(lines, "usage_update");
    REQUIRE(usage.size() == 3);
    CHECK(usage[0]
          == R"({"sessionUpdate":"usage_update","used":1231,"size":200000,)"
             R"("cost":null})");
    CHECK(usage[1]
          == R"({"sessionUpdate":"usage_update","used":1250,"size":200000,)"
             R"("cost":null})");
    CHECK(
      contains(usage[2], R"("used":1250,"size":200000,"cost":{"amount":0.)"));
    CHECK(contains(usage[2], R"("currency":"USD"}})"));
    const auto totals = transcript::params(lines, "_posthog/usage_update");
    REQUIRE(totals.size() == 1);
    CHECK(contains(totals[0], R"({"sessionId":"s","used":{"inputTokens":1000,)"
                              R"("outputTokens":20,"cachedReadTokens":200,)"
                              R"("cachedWriteTokens":30},"cost":0.)"));
  }
}

TEST_CASE("a compaction is told, and empties the context") {
  for (const auto& version : transcript::versions) {
    const auto lines = play(version, "compaction");
    CHECK(transcript::params(lines, "_posthog/status")
          == std::vector<std::string>{
            R"({"sessionId":"s","status":"compacting"})"});
    CHECK(transcript::params(lines, "_posthog/compact_boundary")
          == std::vector<std::string>{
            R"({"sessionId":"s","trigger":"manual","preTokens":1250,)"
            R"("contextSize":200000})"});
    const auto usage = updates(lines, "usage_update");
    REQUIRE(usage.size() == 5);
    CHECK(contains(usage[3], R"("used":0,)"));
    // The summary, and what the command prints, are not the agent's words.
    CHECK(transcript::logged_text(lines) == "A first answer.");
  }
}

TEST_CASE("a failed request says nothing in the agent's name") {
  for (const auto& version : transcript::versions)
    for (const auto& each : play(version, "failures")) {
      CHECK_FALSE(contains(each.line, "API Error"));
      CHECK_FALSE(contains(each.line, "bad key"));
    }
}

TEST_CASE("an answer that did not stream is said all the same") {
  const auto lines = play("2.1.331", "cut_stream");
  const auto chunks = updates(lines, "agent_message_chunk");
  REQUIRE_FALSE(chunks.empty());
  CHECK(contains(chunks.back(), R"("text":"All of it is said.")"));
}

TEST_CASE("structured output is not said") {
  CHECK(transcript::logged_text(play("2.1.331", "structured_output")).empty());
}

TEST_CASE("a prompt's echo and an interrupted person's words are dropped") {
  for (const auto& version : transcript::versions)
    for (const auto& each : play(version, "cancel")) {
      CHECK_FALSE(contains(each.line, "Tell a story."));
      CHECK_FALSE(contains(each.line, "interrupted by user"));
    }
}
