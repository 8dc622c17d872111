#include "messages/wire/permission_json.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

TEST_CASE("a tool call says what the question is about") {
  CHECK(read_permission_call(R"({"kind":"switch_mode"})").subject
        == permission_subject::plan);
  CHECK(read_permission_call(R"({"kind":"edit"})").subject
        == permission_subject::tool);
  const auto asked = read_permission_call(
    R"({"kind":"other","_meta":{"codeToolKind":"question",)"
    R"("questions":[{"question":"Which?"},{"x":1},{"question":"When?"}]}})");
  CHECK(asked.subject == permission_subject::question);
  CHECK(asked.questions == std::vector<std::string>{"Which?", "When?"});
}

TEST_CASE("what is no tool call is an ordinary one") {
  for (const auto* text : {"", "no json", "[]", "7", R"({"_meta":[]})",
                           R"({"kind":7,"rawInput":"git push"})"}) {
    INFO(text);
    const auto call = read_permission_call(text);
    CHECK(call.subject == permission_subject::tool);
    CHECK(call.command.empty());
  }
}

TEST_CASE("a shell's command is found wherever agents name their shell "
          "(weakness 24)") {
  for (const auto* call :
       {R"({"rawInput":{"toolName":"Bash","command":"git push"}})",
        R"({"_meta":{"toolName":"Bash"},"rawInput":{"command":"git push"}})",
        R"({"_meta":{"claudeCode":{"toolName":"mcp__x__bash"}},)"
        R"("rawInput":{"command":"git push"}})"}) {
    INFO(call);
    CHECK(read_permission_call(call).command == "git push");
  }
  CHECK(
    read_permission_call(R"({"kind":"edit","rawInput":{"command":"git push"}})")
      .command.empty());
}

TEST_CASE("a command of words becomes a script of the same words") {
  CHECK(read_permission_call(
          R"({"kind":"execute","rawInput":{"command":["sh","-c","a 'b'"]}})")
          .command
        == R"('sh' '-c' 'a '\''b'\''')");
}

TEST_CASE("a question is written out for a thread") {
  CHECK(question_message(
          R"({"_meta":{"questions":[{"question":"Which?","options":)"
          R"([{"label":"Red","description":"warm"},{"label":"Blue"}]},)"
          R"({"question":"When?"}]}})")
        == "*Which?*\n\n1. *Red* \u2014 warm\n2. *Blue*\n"
           "Reply in this thread with your choice.");
  for (const auto* none : {"", "{}", R"({"_meta":{"questions":[]}})"})
    CHECK(question_message(none).empty());
}

TEST_CASE("a permission request is shown as clients know it") {
  CHECK(permission_request_event("r", R"([{"optionId":"a"}])", R"({"x":1})")
        == R"({"type":"permission_request","requestId":"r","options":)"
           R"([{"optionId":"a"}],"toolCall":{"x":1}})");
}

TEST_CASE("a request and what became of it are notifications of the log") {
  CHECK(permission_request_notification("r", "[]", "{}")
        == R"({"jsonrpc":"2.0","method":"_posthog/permission_request",)"
           R"("params":{"requestId":"r","options":[],"toolCall":{}}})");
  CHECK(permission_resolved_notification("r", "a", "client")
        == R"({"jsonrpc":"2.0","method":"_posthog/permission_resolved",)"
           R"("params":{"requestId":"r","outcome":"selected","optionId":"a",)"
           R"("resolvedBy":"client"}})");
  CHECK(permission_resolved_notification("r", "", "agent")
        == R"({"jsonrpc":"2.0","method":"_posthog/permission_resolved",)"
           R"("params":{"requestId":"r","outcome":"cancelled",)"
           R"("resolvedBy":"agent"}})");
}
