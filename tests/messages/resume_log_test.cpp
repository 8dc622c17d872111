#include "messages/wire/resume_log.hpp"

#include "messages/utf8.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

std::string entry(const std::string& notification) {
  return R"({"type":"notification","timestamp":"2026-01-01T00:00:00.000Z",)"
         R"("notification":)"
         + notification + "}";
}

std::string update(const std::string& members) {
  return entry(R"({"jsonrpc":"2.0","method":"session/update","params":)"
               R"({"sessionId":"s","update":{)"
               + members + "}}}");
}

std::string said(const std::string& kind, const std::string& text) {
  return update(R"("sessionUpdate":")" + kind
                + R"(","content":{"type":"text","text":")" + text + R"("})");
}

std::string user(const std::string& text) {
  return said("user_message_chunk", text);
}

std::string agent(const std::string& text) {
  return said("agent_message", text);
}

std::string tool(const std::string& kind, const std::string& members) {
  return update(R"("sessionUpdate":")" + kind + R"(",)" + members);
}

std::string prompt(const std::string& text) {
  return entry(R"({"jsonrpc":"2.0","id":3,"method":"session/prompt","params":)"
               R"({"sessionId":"s","prompt":[{"type":"text","text":")"
               + text + R"("}]}})");
}

std::string checkpoint(const std::string& method, const std::string& members) {
  return entry(R"({"jsonrpc":"2.0","method":")" + method + R"(","params":{)"
               + members + "}}");
}

resumed_conversation read(const std::vector<std::string>& lines) {
  resume_log_reader reader;
  for (const auto& line : lines)
    reader.take(line);
  return reader.finish();
}

std::vector<std::string> texts(const resumed_conversation& conversation) {
  std::vector<std::string> all;
  for (const auto& turn : conversation.turns)
    all.push_back((turn.of_user ? "u:" : "a:") + turn.text);
  return all;
}

using list = std::vector<std::string>;

} // namespace

TEST_CASE("each user message is a turn, what the agent says until the next is "
          "one") {
  const auto found =
    read({user("one"), agent("Hel"), said("agent_message_chunk", "lo."),
          said("user_message", "two"), user("three"), agent("Bye.")});
  CHECK(texts(found)
        == list{"u:one", "a:Hello.", "u:two", "u:three", "a:Bye."});
}

TEST_CASE("content may be a list of blocks") {
  const auto found = read({update(
    R"("sessionUpdate":"user_message","content":[{"type":"text","text":"a"},)"
    R"({"type":"resource_link","name":"b.txt","uri":"file:///b"},)"
    R"({"type":"image","data":"xx"}])")});
  CHECK(texts(found) == list{"u:a\n[attached: b.txt]"});
}

TEST_CASE("a bad line is counted and passed over (contract 19: it failed the "
          "whole load)") {
  const auto found = read({user("one"), "{\"type\":\"notif", "[]", "", "  ",
                           agent("two"), entry("null"), R"({"type":"other"})"});
  CHECK(texts(found) == list{"u:one", "a:two"});
  CHECK(found.bad_lines == 2);
}

TEST_CASE("an agent that does not echo its prompts is read by the requests") {
  const auto found =
    read({prompt("one"), agent("1"), prompt("two"), agent("2")});
  CHECK(texts(found) == list{"u:one", "a:1", "u:two", "a:2"});
}

TEST_CASE("a prompt and its echo are one turn") {
  const auto found =
    read({prompt("one"), user("one"), agent("1"), prompt("two"), user("two"),
          user("more"), agent("2")});
  CHECK(texts(found) == list{"u:one", "a:1", "u:two", "u:more", "a:2"});
}

TEST_CASE("tool calls are restored with their results (contract 19/39)") {
  const auto found = read(
    {user("go"),
     tool("tool_call", R"("toolCallId":"t1","title":"ls","kind":"execute",)"
                       R"("_meta":{"claudeCode":{"toolName":"Bash",)"
                       R"("toolCallId":"t1"}})"),
     tool("tool_call_update",
          R"("toolCallId":"t1","_meta":{"claudeCode":{"toolName":"Bash",)"
          R"("toolCallId":"t1","toolResponse":{"stdout":"a\nb\n",)"
          R"("stderr":"careful"}}})"),
     tool("tool_call_update",
          R"("toolCallId":"t1","status":"completed",)"
          R"("_meta":{"claudeCode":{"toolCallId":"t1"}})")});
  REQUIRE(found.turns.size() == 2);
  REQUIRE(found.turns[1].tools.size() == 1);
  CHECK(found.turns[1].tools[0].name == "Bash");
  CHECK(found.turns[1].tools[0].result == "a\nb\ncareful");
}

TEST_CASE("tool calls of older logs are known by the update's own id") {
  const auto found = read(
    {user("go"),
     tool("tool_call", R"("toolCallId":"t1","title":"Read a.txt",)"
                       R"("_meta":{"claudeCode":{"toolName":"Read"}})"),
     tool("tool_call_update",
          R"("toolCallId":"t1","status":"completed","content":[)"
          R"({"type":"content","content":{"type":"text","text":"words"}}])"),
     tool("tool_call", R"("toolCallId":"t2","title":"look","kind":"read")"),
     tool("tool_call_update", R"("toolCallId":"t2","status":"failed",)"
                              R"("rawOutput":{"content":[{"type":"text",)"
                              R"("text":"no such file"}],"isError":true})")});
  REQUIRE(found.turns.size() == 2);
  const auto& tools = found.turns[1].tools;
  REQUIRE(tools.size() == 2);
  CHECK(tools[0].name == "Read");
  CHECK(tools[0].result == "words");
  CHECK(tools[1].name == "look");
  CHECK(tools[1].result == "no such file");
}

TEST_CASE("the result of a tool in an entry of its own is found") {
  const auto found =
    read({user("go"), tool("tool_result",
                           R"("_meta":{"claudeCode":{"toolCallId":"t1",)"
                           R"("toolName":"Grep","toolResponse":"3 hits"}})")});
  REQUIRE(found.turns.size() == 2);
  REQUIRE(found.turns[1].tools.size() == 1);
  CHECK(found.turns[1].tools[0].name == "Grep");
  CHECK(found.turns[1].tools[0].result == "3 hits");
}

TEST_CASE("a long tool result is cut") {
  const std::string result(5'000, 'x');
  const auto found =
    read({user("go"),
          tool("tool_call_update", R"("toolCallId":"t","title":"cat","status":)"
                                   R"("completed","rawOutput":")"
                                     + result + '"')});
  REQUIRE(found.turns.size() == 2);
  REQUIRE(found.turns[1].tools.size() == 1);
  CHECK(found.turns[1].tools[0].result
        == std::string(2'000, 'x') + "...(truncated)");
}

TEST_CASE("the prompts of earlier resumes are no part of the conversation") {
  for (const auto marker : resume_markers) {
    const auto found =
      read({user("one"), agent("1"), user("x " + std::string{marker} + " y"),
            agent("2"), user("three"), agent("3")});
    CHECK(texts(found) == list{"u:one", "a:1", "a:2", "u:three", "a:3"});
  }
}

TEST_CASE("a conversation begins with the user") {
  CHECK(texts(read({agent("0"), user("one"), agent("1")}))
        == list{"u:one", "a:1"});
  CHECK(read({agent("0")}).turns.empty());
  CHECK(read({}).turns.empty());
}

TEST_CASE("the newest turns are kept and the others counted") {
  std::vector<std::string> lines;
  const std::string words(10'000, 'w');
  for (int i = 0; i < 200; ++i) {
    lines.push_back(user(std::to_string(i) + " " + words));
    lines.push_back(agent(std::to_string(i) + " " + words));
  }
  const auto found = read(lines);
  CHECK(found.turns.size() == 18);
  CHECK(found.omitted_turns == 400 - 18);
  CHECK(found.turns.front().of_user);
  CHECK(found.turns.back().text.substr(0, 4) == "199 ");
}

TEST_CASE("one long turn does not push out what it answered") {
  std::vector<std::string> lines{user("mend it")};
  for (int i = 0; i < 300; ++i) {
    lines.push_back(agent(std::string(4'000, 'w')));
    lines.push_back(
      tool("tool_call_update", R"("toolCallId":"t)" + std::to_string(i)
                                 + R"(","title":"cat","status":"completed",)"
                                   R"("rawOutput":")"
                                 + std::string(3'000, 'x') + '"'));
  }
  lines.push_back(agent("the end"));
  const auto found = read(lines);
  REQUIRE(found.turns.size() == 2);
  CHECK(found.turns[0].text == "mend it");
  const auto& answer = found.turns[1];
  CHECK(answer.text.substr(answer.text.size() - 7) == "the end");
  CHECK(utf8::characters(answer.text) <= max_turn_characters + 20);
  REQUIRE_FALSE(answer.tools.empty());
  CHECK(answer.tools.back().id == "t299");
  CHECK(answer.tools.size() < 30);
}

TEST_CASE("the last checkpoint that names its ref counts") {
  const std::string whole =
    R"("checkpointId":"c2","checkpointRef":"refs/c2","commit":"k",)"
    R"("headRef":"refs/h","head":"h","branch":"b","indexTree":"i",)"
    R"("worktreeTree":"w","timestamp":"t","upstreamRemote":"origin",)"
    R"("upstreamMergeRef":"refs/heads/b","remoteUrl":"https://x/y",)"
    R"("artifactPath":"p/pack","indexArtifactPath":"p/index")";
  const auto found =
    read({checkpoint("_posthog/git_checkpoint",
                     R"("checkpointId":"c1","checkpointRef":"refs/c1")"),
          checkpoint("__posthog/git_checkpoint", whole),
          checkpoint("_posthog/git_checkpoint", R"("checkpointId":"c3")")});
  REQUIRE(found.checkpoint);
  CHECK(found.checkpoint->checkpoint_id == "c2");
  CHECK(found.checkpoint->checkpoint_ref == "refs/c2");
  CHECK(found.checkpoint->commit == "k");
  CHECK(found.checkpoint->head_ref == "refs/h");
  CHECK(found.checkpoint->head == "h");
  CHECK(found.checkpoint->branch == "b");
  CHECK(found.checkpoint->index_tree == "i");
  CHECK(found.checkpoint->worktree_tree == "w");
  CHECK(found.checkpoint->timestamp == "t");
  CHECK(found.checkpoint->upstream_remote == "origin");
  CHECK(found.checkpoint->upstream_merge_ref == "refs/heads/b");
  CHECK(found.checkpoint->remote_url == "https://x/y");
  CHECK(found.checkpoint->artifact_path == "p/pack");
  CHECK(found.checkpoint->index_artifact_path == "p/index");
}

TEST_CASE("null in a checkpoint is nothing") {
  const auto found = read({checkpoint(
    "_posthog/git_checkpoint",
    R"("checkpointId":"c","checkpointRef":"r","branch":null,"head":null)")});
  REQUIRE(found.checkpoint);
  CHECK(found.checkpoint->branch.empty());
}
