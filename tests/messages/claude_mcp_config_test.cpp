#include "messages/wire/claude/mcp_config.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

TEST_CASE("MCP servers stand by name, with their headers") {
  CHECK(claude::mcp_config(
          {{"http", "a \"b\"", "https://a", {{"authorization", secret{"x"}}}},
           {"sse", "c", "https://c", {}}})
        == R"({"mcpServers":{"a \"b\"":{"type":"http","url":"https://a",)"
           R"("headers":{"authorization":"x"}},)"
           R"("c":{"type":"sse","url":"https://c","headers":{}}}})");
}
