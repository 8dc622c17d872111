// What a conversion keeps between frames, and frames that no CLI recorded.
#include "claude_transcript.hpp"

using namespace agent_server::claude;
using transcript::contains;
using transcript::updates;

namespace {

std::string event(const std::string& body) {
  return R"({"type":"stream_event","parent_tool_use_id":null,"event":)" + body
         + "}";
}

std::string message_start(const std::string& model = "m") {
  return event(R"({"type":"message_start","message":{"id":"1","model":")"
               + model + R"(","usage":{"input_tokens":5}}})");
}

std::string quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return '"' + out + '"';
}

std::string tool_start(const std::string& name) {
  return event(R"({"type":"content_block_start","index":0,"content_block":)"
               R"({"type":"tool_use","id":"t","name":")"
               + name + R"(","input":{}}})");
}

std::string tool_input(std::string_view piece) {
  return event(R"({"type":"content_block_delta","index":0,"delta":)"
               R"({"type":"input_json_delta","partial_json":)"
               + quoted(piece) + "}}");
}

std::string assistant(const std::string& block, const std::string& more = {},
                      const std::string& message = R"("id":"1","model":"m")") {
  return R"({"type":"assistant","parent_tool_use_id":null,"message":{)"
         + message + R"(,"content":[)" + block + "]}" + more + "}";
}

std::string said(const std::string& text) {
  return R"({"type":"text","text":")" + text + R"("})";
}

std::size_t total_size(const std::vector<std::string>& texts) {
  std::size_t total = 0;
  for (const auto& each : texts)
    total += each.size();
  return total;
}

constexpr const char* good_result =
  R"({"type":"result","subtype":"success","is_error":false,"result":"R",)"
  R"("total_cost_usd":0.5,"usage":{}})";

} // namespace

TEST_CASE("partial input is never repeated in full at each delta "
          "(contract 19/33)") {
  // 40 members, streamed in pieces of a few bytes.
  std::string input = "{";
  for (int i = 0; i < 40; ++i)
    input += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":\""
             + std::string(1000, 'x') + "\"";
  input += "}";
  std::vector<std::string> frames{message_start(), tool_start("Monitor")};
  for (std::size_t at = 0; at < input.size(); at += 7)
    frames.push_back(tool_input(std::string_view{input}.substr(at, 7)));
  const auto changes =
    updates(transcript::play_lines(frames), "tool_call_update");
  CHECK(changes.size() >= 3);
  CHECK(changes.size() <= 10);
  CHECK(total_size(changes) < 3 * input.size());
}

TEST_CASE("one long text of input is shown when it is whole, and not before") {
  std::vector<std::string> frames{message_start(), tool_start("Write"),
                                  tool_input(R"({"file_path":"/repo/a",)")};
  for (int i = 0; i < 1000; ++i)
    frames.push_back(tool_input(i == 0 ? "\"content\":\"x" : "xxxxxxxxxx"));
  const auto changes =
    updates(transcript::play_lines(frames), "tool_call_update");
  REQUIRE(changes.size() == 1);
  CHECK(contains(changes[0], R"("rawInput":{"file_path":"/repo/a"})"));
}

TEST_CASE("input with line breaks between its members stays one line") {
  const auto lines = transcript::play_lines(
    {message_start(), tool_start("Bash"), tool_input(R"({\n  )"),
     event(R"({"type":"content_block_delta","index":0,"delta":)"
           R"({"type":"input_json_delta","partial_json":)"
           R"("{\n  \"command\": \"ls\",\n  \"d"}})")});
  for (const auto& each : lines)
    CHECK(each.line.find('\n') == std::string::npos);
}

TEST_CASE("a call that did not stream is announced with its whole input") {
  const auto calls = updates(transcript::play_lines({assistant(
                               R"({"type":"tool_use","id":"t","name":"Read",)"
                               R"("input":{"file_path":"/repo/a"}})")}),
                             "tool_call");
  REQUIRE(calls.size() == 1);
  CHECK(contains(calls[0], R"("title":"Read a","kind":"read")"));
  CHECK(contains(calls[0], R"("rawInput":{"file_path":"/repo/a"})"));
}

TEST_CASE("a slash command's own words are said") {
  const auto lines = transcript::play_lines(
    {assistant(said("## Context"), {}, R"("id":"9","model":"<synthetic>")")});
  CHECK(transcript::logged_text(lines) == "## Context");
}

TEST_CASE("a synthetic message of an error is not said, a refusal is") {
  CHECK(
    transcript::logged_text(
      transcript::play_lines({assistant(
        said("API Error: 500"), R"(,"error":"server_error")",
        R"("id":"9","model":"<synthetic>","stop_reason":"stop_sequence")")}))
      .empty());
  CHECK(transcript::logged_text(transcript::play_lines({assistant(
          said("I can't help."), R"(,"error":"invalid_request")",
          R"("id":"9","model":"<synthetic>","stop_reason":"refusal")")}))
        == "I can't help.");
}

TEST_CASE("a result is said when nothing else was, and once") {
  CHECK(transcript::logged_text(transcript::play_lines({good_result})) == "R");
  CHECK(transcript::logged_text(transcript::play_lines(
          {message_start(), assistant(said("R"), {}, R"("id":"2","model":"m")"),
           good_result}))
        == "R");
}

TEST_CASE("the context window grows to what a result says of the model") {
  auto c = transcript::session();
  std::vector<acp_line> lines;
  for (const auto& text :
       {message_start("claude-x"),
        std::string{R"({"type":"result","subtype":"success","result":"",)"
                    R"("modelUsage":{"claude-x[1m]":{"contextWindow":1000000},)"
                    R"("other":{"contextWindow":5000000}}})"},
        std::string{R"({"type":"result","subtype":"success","result":"",)"
                    R"("modelUsage":{"claude-x":{"contextWindow":200000}}})"}})
    c.take(parse_frame(text), lines);
  const auto totals = updates(lines, "usage_update");
  REQUIRE(totals.size() == 2);
  CHECK(contains(totals[0], R"("size":200000)"));
  CHECK(contains(totals[1], R"("size":1000000)"));
  c.set_context_window(300'000);
  lines.clear();
  c.take(parse_frame(message_start("claude-x")), lines);
  CHECK(contains(updates(lines, "usage_update").at(0), R"("size":300000)"));
}

TEST_CASE("a stream that broke off before its end is noticed at the result") {
  auto c = transcript::session();
  std::vector<acp_line> lines;
  c.take(parse_frame(message_start()), lines);
  c.take(parse_frame(good_result), lines);
  CHECK(c.cut_short());
  c.take(parse_frame(message_start()), lines);
  c.take(parse_frame(event(R"({"type":"message_stop"})")), lines);
  c.take(parse_frame(good_result), lines);
  CHECK_FALSE(c.cut_short());
}

TEST_CASE("the agent's texts of a turn are gathered by block") {
  for (const auto& version : transcript::versions) {
    auto c = transcript::session();
    std::vector<acp_line> lines;
    c.begin_turn();
    for (const auto& f : transcript::frames(version, "bash"))
      transcript::feed(c, f, lines);
    CHECK(c.take_turn_texts()
          == std::vector<std::string>{"I run it.", "One failed, one did not."});
    CHECK(c.take_turn_texts().empty());
  }
}

TEST_CASE("a new turn begins without the texts of the one before") {
  auto c = transcript::session();
  std::vector<acp_line> lines;
  c.take(parse_frame(assistant(said("old"))), lines);
  c.begin_turn();
  c.take(parse_frame(assistant(said("new"))), lines);
  CHECK(c.take_turn_texts() == std::vector<std::string>{"new"});
}

TEST_CASE("a denial ends its call with the reason") {
  auto c = transcript::session();
  std::vector<acp_line> lines;
  c.take(parse_frame(message_start()), lines);
  c.take(parse_frame(tool_start("Bash")), lines);
  lines.clear();
  c.take_denial("t", "Not here.", lines);
  CHECK(updates(lines, "tool_call_update")
        == std::vector<std::string>{
          R"({"sessionUpdate":"tool_call_update","toolCallId":"t",)"
          R"("status":"failed","content":[{"type":"content","content":)"
          R"({"type":"text","text":"Not here."}}],"_meta":{"claudeCode":)"
          R"({"toolName":"Bash","toolCallId":"t"}}})"});
}

TEST_CASE("a call that an interrupted turn leaves behind ends failed") {
  const auto changes =
    updates(transcript::play_lines({message_start(), tool_start("Bash"),
                                    R"({"type":"result","subtype":"error",)"
                                    R"("is_error":true,"errors":["x"]})"}),
            "tool_call_update");
  REQUIRE(changes.size() == 1);
  CHECK(contains(changes[0], R"("toolCallId":"t","status":"failed")"));
}

TEST_CASE("a turn's end leaves the calls of a sub-agent alone") {
  const auto changes = updates(
    transcript::play_lines(
      {R"({"type":"assistant","parent_tool_use_id":"p","message":{)"
       R"("id":"1","model":"m","content":[{"type":"tool_use","id":"t",)"
       R"("name":"Bash","input":{"command":"ls"}}]}})",
       good_result,
       R"({"type":"user","parent_tool_use_id":"p","message":{"content":[)"
       R"({"type":"tool_result","tool_use_id":"t","content":"x"}]}})"}),
    "tool_call_update");
  REQUIRE(changes.size() == 1);
  CHECK(contains(changes[0], R"("status":"completed")"));
  CHECK(contains(changes[0], R"("toolName":"Bash")"));
}

TEST_CASE("a sub-agent's todos do not replace the agent's plan") {
  CHECK(transcript::play_lines(
          {R"({"type":"assistant","parent_tool_use_id":"p","message":{)"
           R"("id":"1","model":"m","content":[{"type":"tool_use","id":"t",)"
           R"("name":"TodoWrite","input":{"todos":[{"content":"A",)"
           R"("status":"pending"}]}}]}})"})
          .empty());
}

TEST_CASE("a structured response that is huge is left out") {
  const std::string huge(2u << 20, 'x');
  const auto lines = transcript::play_lines(
    {R"({"type":"control_request","request_id":"h","request":{)"
     R"("subtype":"hook_callback","callback_id":"post","tool_use_id":"t",)"
     R"("input":{"hook_event_name":"PostToolUse","tool_name":"Bash",)"
     R"("tool_input":{"command":"ls"},"tool_response":{"stdout":")"
     + huge + R"("}}}})"});
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].line.size() < 1000);
  CHECK(contains(lines[0].line, R"("bashCommand":"ls")"));
}

TEST_CASE("a hook before a tool says nothing") {
  CHECK(transcript::play_lines(
          {R"({"type":"control_request","request_id":"h","request":{)"
           R"("subtype":"hook_callback","callback_id":"pre","tool_use_id":"t",)"
           R"("input":{"hook_event_name":"PreToolUse","tool_name":"Bash",)"
           R"("tool_input":{"command":"ls"}}}})"})
          .empty());
}

TEST_CASE("a hook that names Task by its newer name keeps the call's") {
  const auto changes = updates(transcript::play("2.1.112", "sub_agent"),
                               "tool_call_update", "toolu_0002");
  for (const auto& each : changes)
    CHECK_FALSE(contains(each, R"("toolName":"Agent")"));
}

TEST_CASE("frames with members of the wrong types do no harm") {
  for (const std::string frame :
       {R"({"type":"stream_event"})", R"({"type":"stream_event","event":7})",
        R"({"type":"stream_event","event":{"type":"content_block_delta",)"
        R"("index":"x","delta":{"type":"input_json_delta"}}})",
        R"({"type":"assistant"})", R"({"type":"assistant","message":[]})",
        R"({"type":"user","message":{"content":[1,null,{"type":7}]}})",
        R"({"type":"system","subtype":"status","status":{}})",
        R"({"type":"control_request","request":{"subtype":"hook_callback",)"
        R"("input":7}})"})
    CHECK(transcript::play_lines({frame}).empty());
}

TEST_CASE("slash commands are told as they are given") {
  CHECK(available_commands_update("s", R"([{"name":"x"}])")
        == R"({"jsonrpc":"2.0","method":"session/update","params":)"
           R"({"sessionId":"s","update":{"sessionUpdate":)"
           R"("available_commands_update","availableCommands":)"
           R"([{"name":"x"}]}}})");
}

TEST_CASE("a permission question shows the call with its tool's name") {
  tool_question question;
  question.tool_name = "Edit";
  question.tool_use_id = "t";
  question.input =
    R"({"file_path":"/repo/a","old_string":"x","new_string":"y"})";
  CHECK(tool_call_object(question, "/repo")
        == R"({"toolCallId":"t","title":"Edit `a`","kind":"edit","content":)"
           R"([{"type":"diff","path":"/repo/a","oldText":"x","newText":"y"}],)"
           R"("locations":[{"path":"/repo/a"}],"rawInput":)"
           R"({"file_path":"/repo/a","old_string":"x","new_string":"y",)"
           R"("toolName":"Edit"}})");
  question.tool_name = "ExitPlanMode";
  question.input = "{}";
  CHECK(contains(tool_call_object(question, "/repo"),
                 R"("rawInput":{"toolName":"ExitPlanMode"})"));
}
