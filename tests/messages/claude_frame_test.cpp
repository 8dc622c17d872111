#include "messages/wire/claude/frame.hpp"

#include "claude_transcript.hpp"
#include "messages/wire/claude/frame_facts.hpp"

using namespace agent_server::claude;

namespace {

frame first(const std::vector<frame>& frames, frame_kind kind,
            std::string_view subtype = {}) {
  for (const auto& f : frames)
    if (f.kind == kind && (subtype.empty() || f.subtype == subtype))
      return f;
  FAIL("no such frame");
  return {};
}

} // namespace

TEST_CASE("a line that is no JSON object with a type is garbage") {
  for (const std::string_view line :
       {"", "warning: x", "[]", "7", R"("type")", "{}", R"({"type":7})",
        R"({"type":"system"} tail)", "{\"type\":\"system\",\"x\":\"\xFF\"}"})
    CHECK(parse_frame(line).kind == frame_kind::garbage);
}

TEST_CASE("a frame's kind does not depend on the order of its keys") {
  const auto f = parse_frame(
    R"({"duration_ms":1,"subtype":"success","is_error":false,"type":"result"})");
  CHECK(f.kind == frame_kind::result);
  CHECK(f.subtype == "success");
}

TEST_CASE("a type that is not known is another frame") {
  CHECK(parse_frame(R"({"type":"command_lifecycle"})").kind
        == frame_kind::other);
  CHECK(parse_frame(R"({"type":"keep_alive"})").kind == frame_kind::keep_alive);
}

TEST_CASE("an answer gives the id of its request, and why it failed") {
  const auto good =
    parse_frame(R"({"type":"control_response","response":{"subtype":"success",)"
                R"("request_id":"a-1","response":{}}})");
  CHECK(good.kind == frame_kind::control_response);
  CHECK(good.request_id == "a-1");
  CHECK(good.error.empty());
  const auto bad =
    parse_frame(R"({"type":"control_response","response":{"subtype":"error",)"
                R"("request_id":"a-2","error":"Already initialized"}})");
  CHECK(bad.error == "Already initialized");
  CHECK_FALSE(
    parse_frame(R"({"type":"control_response","response":{"subtype":"error"}})")
      .error.empty());
}

TEST_CASE("a withdrawn question gives its id") {
  const auto f =
    parse_frame(R"({"type":"control_cancel_request","request_id":"q"})");
  CHECK(f.kind == frame_kind::control_cancel);
  CHECK(f.request_id == "q");
}

TEST_CASE("the answer to initialize gives the slash commands in ACP's shape") {
  const auto answer = read_initialize_answer(parse_frame(
    R"({"type":"control_response","response":{"subtype":"success",)"
    R"("request_id":"i","response":{"commands":[)"
    R"({"name":"compact","description":"d","argumentHint":"<what>"},)"
    R"({"name":"review","description":"r","argumentHint":""},)"
    R"_({"name":"srv:look (MCP)","description":"m","argumentHint":["a","b"]},)_"
    R"({"name":"login","description":"l"},{"name":"cost"},{"name":"todos"},)"
    R"({"name":"context"},{"name":"release-notes"}],"models":[ {"value":"x"} ],)"
    R"("claude_code_version":"2.9","current_permission_mode":"plan"}}})"));
  CHECK(
    answer.commands
    == R"([{"name":"compact","description":"d","input":{"hint":"<what>"}},)"
       R"({"name":"review","description":"r","input":null},)"
       R"({"name":"mcp:srv:look","description":"m","input":{"hint":"a b"}}])");
  CHECK(answer.version == "2.9");
}

TEST_CASE("the answer to initialize of an old CLI has no version") {
  const auto frames = transcript::frames("2.1.112", "plain_text");
  const auto answer =
    read_initialize_answer(first(frames, frame_kind::control_response));
  CHECK(answer.version.empty());
  CHECK(transcript::contains(answer.commands, R"("name":"debug")"));
}

TEST_CASE("the answer to initialize of a new CLI has its version") {
  const auto frames = transcript::frames("2.1.331", "plain_text");
  const auto answer =
    read_initialize_answer(first(frames, frame_kind::control_response));
  CHECK(answer.version == "2.1.331");
}

TEST_CASE("the start of a turn gives version and mode") {
  for (const auto& version : transcript::versions) {
    const auto start = read_turn_start(first(
      transcript::frames(version, "plain_text"), frame_kind::system, "init"));
    CHECK(start.version == version);
    CHECK_FALSE(start.permission_mode.empty());
  }
}

TEST_CASE("a mode that the CLI enters by itself is told in a status") {
  for (const auto& version : transcript::versions) {
    std::string mode;
    for (const auto& f : transcript::frames(version, "plan"))
      if (f.kind == frame_kind::system && !read_mode_change(f).empty())
        mode = read_mode_change(f);
    CHECK(mode == "default");
  }
}

TEST_CASE("a retry of the model reads as a line of a log") {
  CHECK(read_api_retry(parse_frame(
          R"({"type":"system","subtype":"api_retry","attempt":2,)"
          R"("max_retries":10,"retry_delay_ms":554.87,"error_status":429,)"
          R"("error":"rate_limit"})"))
        == "attempt 2 of 10 in 555 ms, rate_limit (HTTP 429)");
  CHECK(read_api_retry(parse_frame(
          R"({"type":"system","subtype":"api_retry","attempt":1,)"
          R"("max_retries":1,"error_status":null,"error":"unknown"})"))
        == "attempt 1 of 1, unknown");
}

TEST_CASE("a question about a tool gives its input and the offered rules") {
  for (const auto& version : transcript::versions) {
    const auto asked =
      read_tool_question(first(transcript::frames(version, "refused"),
                               frame_kind::control_request, "can_use_tool"));
    CHECK(asked.tool_name == "Bash");
    CHECK(asked.tool_use_id == "toolu_0002");
    CHECK(asked.input
          == R"({"command":"touch refused","description":"Create a file"})");
    CHECK(asked.suggestions.front() == '[');
    CHECK_FALSE(asked.request_id.empty());
  }
}

TEST_CASE("a question without input and rules has empty ones") {
  const auto asked = read_tool_question(
    parse_frame(R"({"type":"control_request","request_id":"q","request":)"
                R"({"subtype":"can_use_tool","tool_name":"X","input":null}})"));
  CHECK(asked.input == "{}");
  CHECK(asked.suggestions == "[]");
}

TEST_CASE("a hook gives its event and tool") {
  for (const auto& version : transcript::versions) {
    const auto hook =
      read_hook_call(first(transcript::frames(version, "bash"),
                           frame_kind::control_request, "hook_callback"));
    CHECK(hook.event == "PreToolUse");
    CHECK(hook.tool_name == "Bash");
    CHECK(hook.tool_use_id == "toolu_0002");
    CHECK(
      transcript::contains(hook.input, R"("command":"echo out && exit 3")"));
  }
}

TEST_CASE("a prompt's echo bears the prompt's own uuid") {
  const auto replay = parse_frame(
    R"({"type":"user","uuid":"u","isReplay":true,"message":{"content":"x"}})");
  CHECK(echoes(replay, "u"));
  CHECK_FALSE(echoes(replay, "v"));
}

TEST_CASE("an assistant frame tells its tool calls and the main agent's text") {
  const auto both = parse_frame(
    R"({"type":"assistant","parent_tool_use_id":null,"message":{"content":[)"
    R"({"type":"text","text":"a"},{"type":"tool_use"},)"
    R"({"type":"text","text":"b"}]}})");
  CHECK(calls_a_tool(both));
  CHECK(plain_text(both) == "ab");
  const auto of_sub_agent = parse_frame(
    R"({"type":"assistant","parent_tool_use_id":"t","message":{"content":[)"
    R"({"type":"text","text":"a"}]}})");
  CHECK_FALSE(calls_a_tool(of_sub_agent));
  CHECK(plain_text(of_sub_agent).empty());
}
