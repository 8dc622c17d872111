#include "messages/error.hpp"
#include "messages/wire/config_json.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

template <class T>
std::string error_of(const caf::expected<T>& parsed) {
  if (parsed)
    return "accepted";
  CHECK(code_of(parsed.error()) == ec::bad_config);
  return describe(parsed.error());
}

std::string url_error(std::string_view url) {
  return error_of(parse_mcp_servers(R"([{"type":"http","name":"m","url":")"
                                    + std::string{url} + "\"}]"));
}

} // namespace

TEST_CASE("MCP servers are read, with headers or without") {
  const auto parsed = parse_mcp_servers(
    R"([{"type":"http","name":"a","url":"https://a.example/x","headers":)"
    R"([{"name":"K","value":"v"}],"other":1},)"
    R"({"type":"sse","name":"b","url":"http://localhost:1"}])");
  REQUIRE(parsed);
  REQUIRE(parsed->size() == 2);
  CHECK(parsed->at(0).type == "http");
  CHECK(parsed->at(0).url == "https://a.example/x");
  REQUIRE(parsed->at(0).headers.size() == 1);
  CHECK(parsed->at(0).headers[0].first == "K");
  CHECK(parsed->at(0).headers[0].second.reveal() == "v");
  CHECK(parsed->at(1).headers.empty());
}

TEST_CASE("an empty flag value counts as absent") {
  CHECK(parse_mcp_servers("")->empty());
  CHECK(parse_claude_code_config("")->plugins.empty());
}

TEST_CASE("a flag that is not JSON is named") {
  CHECK(error_of(parse_mcp_servers("[")) == "--mcpServers must be valid JSON");
  CHECK(error_of(parse_claude_code_config("{]"))
        == "--claudeCodeConfig must be valid JSON");
}

TEST_CASE("each issue of an MCP server is a line with its path") {
  CHECK(error_of(parse_mcp_servers(
          R"([{"type":"stdio","name":"","url":"nope","headers":)"
          R"([{"name":"K"},7]},3])"))
        == "--mcpServers validation failed:\n"
           "  - 0.type: Invalid option: expected one of \"http\"|\"sse\"\n"
           "  - 0.name: MCP server name is required\n"
           "  - 0.url: MCP server url must be a valid URL\n"
           "  - 0.headers.0.value: Invalid input: expected string, received "
           "undefined\n"
           "  - 0.headers.1: Invalid input: expected object, received number\n"
           "  - 1: Invalid input: expected object, received number");
}

TEST_CASE("MCP servers must be an array, and each must say its type") {
  CHECK(error_of(parse_mcp_servers("{}"))
        == "--mcpServers validation failed:\n"
           "  - : Invalid input: expected array, received object");
  CHECK_THAT(error_of(parse_mcp_servers(R"([{"name":"m","url":"http://h"}])")),
             Catch::Contains("  - 0.type: "));
}

TEST_CASE("a URL needs http or https and a host") {
  for (const auto* url :
       {"http://h", "HTTPS://h.example:8443/p?q#f", "http://u:p@h/",
        "http://[::1]:80/", "http://[::1]", "http://h:", "http://1.2.3.4"}) {
    INFO(url);
    CHECK(url_error(url) == "accepted");
  }
  for (const auto* url :
       {"", "h", "ftp://h", "http:/h", "http://", "http:///p", "http://:80",
        "http://h:99999", "http://h:x", "http://h h", "http://u@",
        "http://[::1", "http://::1]"}) {
    INFO(url);
    CHECK_THAT(url_error(url),
               Catch::Contains("0.url: MCP server url must be a valid URL"));
  }
}

TEST_CASE("a system prompt may be a text, or appended to the preset") {
  const auto text = parse_claude_code_config(R"({"systemPrompt":"p"})");
  REQUIRE(text);
  CHECK(text->system_prompt == "p");
  const auto preset = parse_claude_code_config(
    R"({"systemPrompt":{"type":"preset","preset":"claude_code","append":"a"}})");
  REQUIRE(preset);
  CHECK(preset->system_prompt == std::nullopt);
  CHECK(preset->system_prompt_append == "a");
}

TEST_CASE("plugins are read, and unknown keys are stripped") {
  const auto parsed = parse_claude_code_config(
    R"({"plugins":[{"type":"local","path":"/p"}],"systemPromptAppend":"x"})");
  REQUIRE(parsed);
  CHECK(parsed->plugins == std::vector<std::string>{"/p"});
  CHECK(parsed->system_prompt_append == std::nullopt);
}

TEST_CASE("each issue of the Claude configuration is a line with its path") {
  CHECK_THAT(error_of(parse_claude_code_config(
               R"({"systemPrompt":7,"plugins":[{"type":"npm"}]})")),
             Catch::StartsWith("--claudeCodeConfig validation failed:\n"
                               "  - systemPrompt: Invalid input")
               && Catch::Contains("\n  - plugins.0.type: ")
               && Catch::EndsWith("\n  - plugins.0.path: Invalid input: "
                                  "expected string, received undefined"));
  CHECK_THAT(error_of(parse_claude_code_config("[]")),
             Catch::EndsWith("  - : Invalid input: expected object, received "
                             "array"));
}

TEST_CASE("the model of a Claude settings file is found") {
  CHECK(*model_of_claude_settings(R"({"model":"m"})") == "m");
  CHECK(model_of_claude_settings("{}")->empty());
  CHECK(model_of_claude_settings(R"({"model":7})")->empty());
  CHECK(error_of(model_of_claude_settings("[]")) == "must be a JSON object");
  CHECK(error_of(model_of_claude_settings("")) == "must be a JSON object");
}

TEST_CASE("the model of a codex configuration is found") {
  CHECK(model_of_codex_config("model = \"gpt-5.4\"\n") == "gpt-5.4");
  CHECK(model_of_codex_config("# c\r\n\r\nmodel='m' # x\r\n") == "m");
  CHECK(model_of_codex_config("\"model\" = \"a\\\"b\"") == "a\"b");
}

TEST_CASE("only a top-level model of a codex configuration counts") {
  CHECK(model_of_codex_config("").empty());
  CHECK(model_of_codex_config("[profiles.x]\nmodel = \"m\"").empty());
  CHECK(model_of_codex_config("model_provider = \"m\"").empty());
  CHECK(model_of_codex_config("profiles.x.model = \"m\"").empty());
  CHECK(model_of_codex_config("# model = \"m\"").empty());
  CHECK(model_of_codex_config("model = 5").empty());
}

TEST_CASE("values before the model of a codex configuration are passed over") {
  CHECK(model_of_codex_config("a = \"\"\"\nmodel = \"no\"\n\"\"\"\n"
                              "notify = [\n  \"x]\", # ]\n  [1],\n]\n"
                              "t = { model = \"no\" }\nn = 5\n"
                              "model = \"yes\"\n")
        == "yes");
}

TEST_CASE("a codex configuration cut at any byte harms nobody") {
  const std::string toml = "a = [\"x\\\"\", '''y''']\n\"b\" = \"\"\"z\"\"\"\n"
                           "model = \"m\"\n";
  REQUIRE(model_of_codex_config(toml) == "m");
  for (std::size_t length = 0; length + 2 < toml.size(); ++length)
    if (!model_of_codex_config(toml.substr(0, length)).empty())
      FAIL("cut at " << length);
}

TEST_CASE("approvals of MCP tools are read by the tool's name") {
  const auto config = parse_claude_code_config(
    R"({"mcpToolApprovals":{"mcp__a__b":"needs_approval",)"
    R"("mcp__a__c":"do_not_use"}})");
  REQUIRE(config);
  CHECK(config->mcp_tool_approvals.at("mcp__a__b")
        == mcp_approval::needs_approval);
  CHECK(config->mcp_tool_approvals.at("mcp__a__c") == mcp_approval::do_not_use);
}

TEST_CASE("an approval that is none is named") {
  const auto config =
    parse_claude_code_config(R"({"mcpToolApprovals":{"mcp__a__b":"maybe"}})");
  REQUIRE_FALSE(config);
  CHECK(describe(config.error()).find("mcpToolApprovals.mcp__a__b: Invalid")
        != std::string::npos);
}
