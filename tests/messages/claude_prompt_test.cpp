#include "messages/wire/claude/prompt.hpp"

#include <catch2/catch.hpp>

using namespace agent_server::claude;

namespace {

/// The content of a user frame of these blocks.
std::string content(std::string_view blocks, std::string_view context = {}) {
  const auto frame = user_frame("u", blocks, context);
  const std::string head = R"({"type":"user","uuid":"u","message":)"
                           R"({"role":"user","content":)";
  const std::string tail = R"(},"parent_tool_use_id":null,"session_id":""})";
  REQUIRE(frame.substr(0, head.size()) == head);
  REQUIRE(frame.size() > head.size() + tail.size());
  REQUIRE(frame.substr(frame.size() - tail.size()) == tail);
  return frame.substr(head.size(), frame.size() - head.size() - tail.size());
}

} // namespace

TEST_CASE("text goes to the CLI as it is") {
  CHECK(content(R"([{"type":"text","text":"Hi \"you\""}])")
        == R"([{"type":"text","text":"Hi \"you\""}])");
}

TEST_CASE("context goes before the prompt") {
  CHECK(content(R"([{"type":"text","text":"b"}])", "a")
        == R"([{"type":"text","text":"a"},{"type":"text","text":"b"}])");
}

TEST_CASE("a prompt of an MCP server is named as the CLI names it") {
  CHECK(content(R"([{"type":"text","text":"/mcp:srv:look at x"}])")
        == R"([{"type":"text","text":"/srv:look (MCP) at x"}])");
  CHECK(content(R"([{"type":"text","text":"/mcp:srv:look"}])")
        == R"_([{"type":"text","text":"/srv:look (MCP)"}])_");
  for (const std::string_view same :
       {R"([{"type":"text","text":"/mcp:srv"}])",
        R"([{"type":"text","text":"/mcp::x"}])",
        R"([{"type":"text","text":"see /mcp:srv:x"}])"})
    CHECK(content(same) == same);
}

TEST_CASE("a linked file is named with its path") {
  CHECK(content(R"([{"type":"resource_link","name":"a b.txt",)"
                R"("uri":"file:///repo/a%20b.txt"}])")
        == R"([{"type":"text","text":"Attached file available in the )"
           R"_(workspace: a b.txt (/repo/a b.txt)"}])_");
}

TEST_CASE("another link is written as one") {
  CHECK(content(R"([{"type":"resource_link","name":"n","uri":"https://x/y"}])")
        == R"_([{"type":"text","text":"[@n](https://x/y)"}])_");
}

TEST_CASE("an embedded text is linked, and stands behind the prompt") {
  CHECK(content(R"([{"type":"resource","resource":{"uri":"https://x/notes",)"
                R"("text":"N"}},{"type":"text","text":"Read it."}])")
        == R"_([{"type":"text","text":"[@notes](https://x/notes)"},)_"
           R"({"type":"text","text":"Read it."},)"
           R"({"type":"text","text":"\n<context ref=\"https://x/notes\">\n)"
           R"(N\n</context>"}])");
}

TEST_CASE("images go by their data or by their address") {
  CHECK(content(R"([{"type":"image","data":"QUI=","mimeType":"image/png"},)"
                R"({"type":"image","uri":"https://x/i.png"}])")
        == R"([{"type":"image","source":{"type":"base64",)"
           R"("media_type":"image/png","data":"QUI="}},)"
           R"({"type":"image","source":{"type":"url",)"
           R"("url":"https://x/i.png"}}])");
}

TEST_CASE("what the CLI cannot take is left out") {
  CHECK(content(R"([{"type":"audio","data":"x"},{"type":"image"},7,)"
                R"({"type":"resource","resource":{"uri":"u","blob":"x"}}])")
        == "[]");
  CHECK(content("no json") == "[]");
}

TEST_CASE("each block of a prompt is shown as the person's own") {
  CHECK(user_message_chunks("s", R"([{"type":"text","text":"a"},)"
                                 R"({"type":"image","data":"x"}])")
        == std::vector<std::string>{
          R"({"jsonrpc":"2.0","method":"session/update","params":)"
          R"({"sessionId":"s","update":{"sessionUpdate":"user_message_chunk",)"
          R"("content":{"type":"text","text":"a"}}}})",
          R"({"jsonrpc":"2.0","method":"session/update","params":)"
          R"({"sessionId":"s","update":{"sessionUpdate":"user_message_chunk",)"
          R"("content":{"type":"image","data":"x"}}}})"});
}
