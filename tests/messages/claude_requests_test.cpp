#include "messages/wire/claude/requests.hpp"

#include <catch2/catch.hpp>

using namespace agent_server::claude;

TEST_CASE("initialize carries hooks, an appended prompt and a schema") {
  initialize_params params;
  params.system_prompt = "Be \"brief\".\n";
  params.json_schema = R"({"type":"object"})";
  params.pre_tool_hook = "pre";
  params.post_tool_hook = "post";
  CHECK(initialize_request("i-1", params)
        == R"({"type":"control_request","request_id":"i-1","request":)"
           R"({"subtype":"initialize","hooks":{)"
           R"("PreToolUse":[{"hookCallbackIds":["pre"]}],)"
           R"("PostToolUse":[{"hookCallbackIds":["post"]}]},)"
           R"("appendSystemPrompt":"Be \"brief\".\n",)"
           R"("jsonSchema":{"type":"object"}}})");
}

TEST_CASE("a prompt that replaces the CLI's own goes as a list") {
  initialize_params params;
  params.system_prompt = "Only this.";
  params.appends_system_prompt = false;
  CHECK(initialize_request("i", params)
        == R"({"type":"control_request","request_id":"i","request":)"
           R"({"subtype":"initialize","hooks":{},)"
           R"("systemPrompt":["Only this."]}})");
}

TEST_CASE("initialize without anything names no prompt") {
  CHECK(initialize_request("i", {})
        == R"({"type":"control_request","request_id":"i","request":)"
           R"({"subtype":"initialize","hooks":{}}})");
}

TEST_CASE("a permission mode is set by its name") {
  CHECK(set_permission_mode_request("m", "acceptEdits")
        == R"({"type":"control_request","request_id":"m","request":)"
           R"({"subtype":"set_permission_mode","mode":"acceptEdits"}})");
}

TEST_CASE("flag settings hold only what is to change") {
  flag_settings settings;
  CHECK(apply_flag_settings_request("f", settings)
        == R"({"type":"control_request","request_id":"f","request":)"
           R"({"subtype":"apply_flag_settings","settings":{}}})");
  settings.model = "claude-opus-4-7";
  settings.effort = "high";
  settings.environment = {{"ANTHROPIC_BASE_URL", "http://g"}, {"K", "v"}};
  CHECK(apply_flag_settings_request("f", settings)
        == R"({"type":"control_request","request_id":"f","request":)"
           R"({"subtype":"apply_flag_settings","settings":{)"
           R"("model":"claude-opus-4-7","effortLevel":"high",)"
           R"("env":{"ANTHROPIC_BASE_URL":"http://g","K":"v"}}}})");
}

TEST_CASE("an empty effort takes the effort back") {
  flag_settings settings;
  settings.effort = "";
  CHECK(apply_flag_settings_request("f", settings)
        == R"({"type":"control_request","request_id":"f","request":)"
           R"({"subtype":"apply_flag_settings","settings":)"
           R"({"effortLevel":null}}})");
}

TEST_CASE("interrupt and mcp_status carry nothing") {
  CHECK(interrupt_request("n")
        == R"({"type":"control_request","request_id":"n","request":)"
           R"({"subtype":"interrupt"}})");
  CHECK(mcp_status_request("n")
        == R"({"type":"control_request","request_id":"n","request":)"
           R"({"subtype":"mcp_status"}})");
}

TEST_CASE("questions of the CLI are answered with a result or an error") {
  CHECK(success_response("q", R"({"behavior":"allow"})")
        == R"({"type":"control_response","response":{"subtype":"success",)"
           R"("request_id":"q","response":{"behavior":"allow"}}})");
  CHECK(error_response("q", "no \"x\"")
        == R"({"type":"control_response","response":{"subtype":"error",)"
           R"("request_id":"q","error":"no \"x\""}})");
}

TEST_CASE("a hook lets the tool run, or refuses it with a reason") {
  CHECK(hook_response("h")
        == R"({"type":"control_response","response":{"subtype":"success",)"
           R"("request_id":"h","response":{"continue":true}}})");
  CHECK(hook_response("h", "PreToolUse", "not here")
        == R"({"type":"control_response","response":{"subtype":"success",)"
           R"("request_id":"h","response":{"continue":true,)"
           R"("hookSpecificOutput":{"hookEventName":"PreToolUse",)"
           R"("permissionDecision":"deny",)"
           R"("permissionDecisionReason":"not here"}}}})");
}
