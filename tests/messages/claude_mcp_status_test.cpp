#include "messages/wire/claude/mcp_status.hpp"

#include <catch2/catch.hpp>

using namespace agent_server::claude;

TEST_CASE("tools of MCP servers that only read are known by full name") {
  const auto answer = parse_frame(
    R"({"type":"control_response","response":{"subtype":"success",)"
    R"("request_id":"1","response":{"mcpServers":[{"name":"my docs","tools":[)"
    R"({"name":"search","annotations":{"readOnly":true}},)"
    R"({"name":"write","annotations":{"readOnly":false}},{"name":"list",)"
    R"("annotations":{"readOnlyHint":true}},{"name":"plain"}]},{"name":"x"}]}}})");
  CHECK(read_only_mcp_tools(answer)
        == std::set<std::string>{"mcp__my_docs__search", "mcp__my_docs__list"});
}

TEST_CASE("an answer of another shape names no tool") {
  CHECK(
    read_only_mcp_tools(parse_frame(R"({"type":"control_response"})")).empty());
  CHECK(read_only_mcp_tools(parse_frame("garbage")).empty());
}
