#include "messages/wire/acp.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using acp::line_kind;

namespace {

constexpr std::string_view chunk =
  R"({"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s",)"
  R"("update":{"sessionUpdate":"agent_message_chunk","content":)"
  R"({"type":"text","text":"Hi\n\u00e4"}}}})";

} // namespace

TEST_CASE("initialize's answer gives the agent's title and version") {
  const auto in = acp::parse(
    R"({"jsonrpc":"2.0","id":0,"result":{"protocolVersion":1,"agentInfo":)"
    R"({"name":"n","title":"Claude Agent","version":"1.2"}}})");
  CHECK(in.kind == line_kind::result);
  CHECK(in.id == "0");
  CHECK(in.agent_name == "Claude Agent");
  CHECK(in.agent_version == "1.2");
}

TEST_CASE("an agent without a title goes by its name") {
  CHECK(acp::parse(R"({"jsonrpc":"2.0","id":0,"result":{"agentInfo":)"
                   R"({"name":"n"}}})")
          .agent_name
        == "n");
}

TEST_CASE("session/new's answer gives session, modes, models and options") {
  const auto in = acp::parse(
    R"({"jsonrpc":"2.0","id":1,"result":{"sessionId":"s1","modes":)"
    R"({"currentModeId":"a"},"models":null,"configOptions":[ {"id":"x"} ]}})");
  CHECK(in.session_id == "s1");
  CHECK(in.modes == R"({"currentModeId":"a"})");
  CHECK(in.models.empty());
  CHECK(in.config_options == R"([{"id":"x"}])");
}

TEST_CASE("the end of a prompt gives its stop reason") {
  CHECK(acp::parse(R"({"jsonrpc":"2.0","id":2,"result":)"
                   R"({"stopReason":"end_turn"}})")
          .stop_reason
        == "end_turn");
}

TEST_CASE("a text chunk gives its text") {
  const auto in = acp::parse(chunk);
  CHECK(in.kind == line_kind::notification);
  CHECK(in.update == "agent_message_chunk");
  CHECK(in.has_text);
  CHECK(in.text == "Hi\nä");
  CHECK(in.id.empty());
}

TEST_CASE("content that is not a text block gives no text") {
  const auto in = acp::parse(
    R"({"jsonrpc":"2.0","method":"session/update","params":{"update":)"
    R"({"sessionUpdate":"agent_message_chunk","content":)"
    R"({"type":"image","text":"no"}}}})");
  CHECK_FALSE(in.has_text);
  CHECK(in.text.empty());
}

TEST_CASE("updates of mode and options give their values") {
  CHECK(acp::parse(R"({"jsonrpc":"2.0","method":"session/update","params":)"
                   R"({"update":{"sessionUpdate":"current_mode_update",)"
                   R"("currentModeId":"plan"}}})")
          .current_mode
        == "plan");
  CHECK(acp::parse(R"({"jsonrpc":"2.0","method":"session/update","params":)"
                   R"({"update":{"sessionUpdate":"config_option_update",)"
                   R"("configOptions":[1, 2]}}})")
          .config_options
        == "[1,2]");
}

TEST_CASE("a permission request gives its title and options") {
  const auto in = acp::parse(
    R"({"jsonrpc":"2.0","id":"p-1","method":"session/request_permission",)"
    R"("params":{"toolCall":{"kind":"execute","title":"ls"},"options":)"
    R"([{"optionId":"allow","name":"Allow","kind":"allow_once"},7]}})");
  CHECK(in.kind == line_kind::request);
  CHECK(in.id == R"("p-1")");
  CHECK(in.permission.title == "ls");
  REQUIRE(in.permission.options.size() == 1);
  CHECK(in.permission.options[0].id == "allow");
  CHECK(in.permission.options[0].name == "Allow");
  CHECK(in.permission.options[0].kind == "allow_once");
  CHECK(in.permission.tool_call_json == R"({"kind":"execute","title":"ls"})");
  CHECK(in.permission.options_json
        == R"([{"optionId":"allow","name":"Allow","kind":"allow_once"},7])");
}

TEST_CASE("a permission request without a title goes by the tool's kind") {
  const std::string head =
    R"({"jsonrpc":"2.0","id":1,"method":"session/request_permission",)";
  CHECK(acp::parse(head + R"("params":{"toolCall":{"kind":"edit"}}})")
          .permission.title
        == "edit");
  const auto bare = acp::parse(head + R"("params":{}})").permission;
  CHECK(bare.title == "tool call");
  CHECK(bare.options_json == "[]");
  CHECK(bare.tool_call_json == "{}");
}

TEST_CASE("an error gives code, message and data") {
  const auto error = [](std::string_view data) {
    return acp::parse(
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"Internal )"
      R"(error","data":)"
      + std::string{data} + "}}");
  };
  const auto in = error(R"({"details":"boom"})");
  CHECK(in.kind == line_kind::error);
  CHECK(in.error_code == -32603);
  CHECK(in.error_message == "Internal error");
  CHECK(in.error_data == "boom");
  CHECK(error(R"({"message":"m"})").error_data == "m");
  CHECK(error(R"("text")").error_data == "text");
  CHECK(error(R"({"other": 1})").error_data == R"({"other":1})");
  CHECK(error("null").error_data.empty());
}

TEST_CASE("the id of a request is kept as it was written") {
  const auto id_of = [](std::string_view id) {
    return acp::parse(R"({"jsonrpc":"2.0","id":)" + std::string{id}
                      + R"(,"method":"m","params":{"id":5}})")
      .id;
  };
  CHECK(id_of("7") == "7");
  CHECK(id_of("1.50") == "1.50");
  CHECK(id_of(R"("a\"b")") == R"("a\"b")");
  CHECK(id_of("null") == "null");
}

TEST_CASE("what is not a JSON-RPC object is garbage") {
  for (const std::string_view line :
       {"", "hello", "[]", "7", "{}", R"({"jsonrpc":"2.0"})",
        R"({"jsonrpc":"2.0","id":1})", R"({"id":1,"method":"m"})",
        R"({"jsonrpc":"1.0","id":1,"method":"m"})",
        R"({"jsonrpc":"2.0","id":{},"method":"m"})",
        R"({"jsonrpc":"2.0","id":1,"method":2})",
        R"({"jsonrpc":"2.0","result":{}})",
        "{\"jsonrpc\":\"2.0\",\"id\":1,"
        "\"method\":\"\xFF\"}"}) {
    INFO(line);
    CHECK(acp::parse(line).kind == line_kind::garbage);
  }
}

TEST_CASE("a line cut at any byte is garbage and harms nobody") {
  for (std::size_t length = 0; length < chunk.size(); ++length)
    if (acp::parse(chunk.substr(0, length)).kind != line_kind::garbage)
      FAIL("cut at " << length);
}

TEST_CASE("a line with any byte changed harms nobody") {
  for (std::size_t at = 0; at < chunk.size(); ++at)
    for (const char c : {'\0', '"', '{', '[', '\xFF', '9'}) {
      std::string line{chunk};
      line[at] = c;
      const auto in = acp::parse(line);
      if (in.kind == line_kind::garbage && in.has_text)
        FAIL("changed at " << at);
    }
}

TEST_CASE("deep nesting does not overflow the stack") {
  const std::string line = R"({"jsonrpc":"2.0","id":1,"result":{"modes":)"
                           + std::string(2'000'000, '[');
  CHECK(acp::parse(line).kind == line_kind::garbage);
}

TEST_CASE("a line of 32 MiB is read") {
  const std::string text(32u << 20, 'x');
  const auto in = acp::parse(
    R"({"jsonrpc":"2.0","method":"session/update","params":{"update":)"
    R"({"sessionUpdate":"agent_message_chunk","content":{"type":"text",)"
    R"("text":")"
    + text + R"("}}}})");
  CHECK(in.text.size() == text.size());
}

TEST_CASE("messages to the agent have the contract's bytes") {
  CHECK(acp::initialize_line(0)
        == R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":)"
           R"({"protocolVersion":1,"clientCapabilities":{}}})");
  CHECK(acp::session_new_line(1, R"({"cwd":"/"})")
        == R"({"jsonrpc":"2.0","id":1,"method":"session/new","params":)"
           R"({"cwd":"/"}})");
  CHECK(acp::prompt_line(2, "s", R"([{"type":"text","text":"x"}])")
        == R"({"jsonrpc":"2.0","id":2,"method":"session/prompt","params":)"
           R"({"sessionId":"s","prompt":[{"type":"text","text":"x"}]}})");
  CHECK(acp::cancel_line("s")
        == R"({"jsonrpc":"2.0","method":"session/cancel","params":)"
           R"({"sessionId":"s"}})");
  CHECK(acp::set_config_option_line(3, "s", "mode", "plan")
        == R"({"jsonrpc":"2.0","id":3,"method":"session/set_config_option",)"
           R"("params":{"sessionId":"s","configId":"mode","value":"plan"}})");
  CHECK(acp::set_mode_line(4, "s", "plan")
        == R"({"jsonrpc":"2.0","id":4,"method":"session/set_mode","params":)"
           R"({"sessionId":"s","modeId":"plan"}})");
  CHECK(acp::set_model_line(5, "s", "m")
        == R"({"jsonrpc":"2.0","id":5,"method":"session/set_model","params":)"
           R"({"sessionId":"s","modelId":"m"}})");
  CHECK(acp::permission_answer_line(R"("a")", {"allow", {}, {}})
        == R"({"jsonrpc":"2.0","id":"a","result":{"outcome":)"
           R"({"outcome":"selected","optionId":"allow"}}})");
  CHECK(acp::permission_answer_line("1", {})
        == R"({"jsonrpc":"2.0","id":1,"result":{"outcome":)"
           R"({"outcome":"cancelled"}}})");
  CHECK(acp::permission_answer_line("1", {{}, "why", {}})
        == R"({"jsonrpc":"2.0","id":1,"result":{"outcome":)"
           R"({"outcome":"cancelled"},"_meta":{"message":"why"}}})");
  CHECK(
    acp::permission_answer_line("1", {"o", "c", {{"\"Q\"", "A"}, {"R", "B"}}})
    == R"({"jsonrpc":"2.0","id":1,"result":{"outcome":)"
       R"({"outcome":"selected","optionId":"o"},"_meta":{"customInput":"c",)"
       R"("answers":{"\"Q\"":"A","R":"B"}}}})");
  CHECK(acp::method_not_found_line("1", "fs/read")
        == R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,)"
           R"("message":"Method not found: fs/read"}})");
}

TEST_CASE("session/new carries every field of the contract") {
  acp::session_params params;
  params.cwd = "/w";
  params.mcp_servers.push_back({"http",
                                "m",
                                "https://m.example",
                                {{"Authorization", secret{"Bearer k"}}}});
  params.run_id = "r";
  params.system_prompt = "be kind";
  params.model = "claude-opus-4-7";
  params.allowed_domains = {"a.example"};
  params.json_schema = R"({"type":"object"})";
  params.permission_mode = "bypassPermissions";
  params.plugins = {"/p"};
  params.effort = "high";
  CHECK(acp::session_new_params(params, false)
        == R"({"cwd":"/w","mcpServers":[{"type":"http","name":"m",)"
           R"("url":"https://m.example","headers":[{"name":"Authorization",)"
           R"("value":"Bearer k"}]}],"_meta":{"sessionId":"r","taskRunId":"r",)"
           R"("systemPrompt":{"append":"be kind"},"model":"claude-opus-4-7",)"
           R"("allowedDomains":["a.example"],"jsonSchema":{"type":"object"},)"
           R"("permissionMode":"bypassPermissions","claudeCode":{"options":)"
           R"({"plugins":[{"type":"local","path":"/p"}],"effort":"high"}}}})");
}

TEST_CASE("session/new leaves out what is not set") {
  acp::session_params params;
  params.cwd = "/w";
  params.run_id = "r";
  params.system_prompt = "x";
  params.appends_system_prompt = false;
  params.permission_mode = "auto";
  CHECK(acp::session_new_params(params, false)
        == R"({"cwd":"/w","mcpServers":[],"_meta":{"sessionId":"r",)"
           R"("taskRunId":"r","systemPrompt":"x","jsonSchema":null,)"
           R"("permissionMode":"auto"}})");
}

TEST_CASE("the effort reaches the agent without plugins (weakness 12)") {
  acp::session_params params;
  params.effort = "low";
  CHECK_THAT(acp::session_new_params(params, false),
             Catch::EndsWith(R"("claudeCode":{"options":{"effort":"low"}}}})"));
}

TEST_CASE("header values are redacted for log and events (weakness 32)") {
  acp::session_params params;
  params.mcp_servers.push_back(
    {"sse", "m", "https://m.example", {{"X-Key", secret{"hidden"}}}});
  const auto text = acp::session_new_params(params, true);
  CHECK_THAT(text, Catch::Contains(R"("name":"X-Key","value":"[redacted]")"));
  CHECK_THAT(text, !Catch::Contains("hidden"));
}

TEST_CASE("modes and models of an agent become config options") {
  const auto options = acp::options_of_modes(
    R"({"currentModeId":"a","availableModes":[{"id":"a","name":"A",)"
    R"("description":"da"},{"id":"b"}]})",
    R"({"currentModelId":"m","availableModels":[{"modelId":"m","name":"M"}]})");
  CHECK(options
        == R"([{"id":"mode","name":"Approval Preset","type":"select",)"
           R"("currentValue":"a","options":[{"value":"a","name":"A",)"
           R"("description":"da"},{"value":"b","name":"b"}],"category":"mode",)"
           R"("description":"Choose an approval and sandboxing preset for )"
           R"(your session"},{"id":"model","name":"Model","type":"select",)"
           R"("currentValue":"m","options":[{"value":"m","name":"M"}],)"
           R"("category":"model","description":"Choose which model the agent )"
           R"(should use"}])");
}

TEST_CASE("an agent without modes and models gets no options from them") {
  CHECK(acp::options_of_modes("", "").empty());
  CHECK(acp::options_of_modes("{}", "[]").empty());
}

TEST_CASE("one current value is replaced in an options array") {
  const auto* options =
    R"([{"id":"mode","currentValue":"a"},{"id":"model","currentValue":"m"}])";
  CHECK(acp::with_current_value(options, "model", "n")
        == R"([{"id":"mode","currentValue":"a"},)"
           R"({"id":"model","currentValue":"n"}])");
  CHECK(acp::with_current_value(options, "effort", "n") == options);
  CHECK(acp::with_current_value("", "mode", "n").empty());
}

TEST_CASE("an option's category is found") {
  const auto* options =
    R"([{"id":"a","category":"mode"},{"id":"b"},"no option"])";
  CHECK(acp::option_category(options, "a") == "mode");
  CHECK(acp::option_category(options, "b") == "");
  CHECK(acp::option_category(options, "c") == std::nullopt);
  CHECK(acp::option_category("not JSON", "a") == std::nullopt);
}
