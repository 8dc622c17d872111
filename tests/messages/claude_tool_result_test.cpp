#include "messages/wire/claude/tool_result.hpp"

#include "messages/wire/claude/tool_content.hpp"
#include "messages/wire/json_reader.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using claude::tool_outcome;

namespace {

tool_outcome outcome(std::string_view tool, std::string_view result,
                     std::string_view structured = "null",
                     std::string_view url = {}) {
  rapidjson::Document block;
  rapidjson::Document beside;
  REQUIRE(json::read(block, result));
  REQUIRE(json::read(beside, structured));
  return claude::describe_result(tool, block, &beside, url);
}

std::string text_content(const std::string& text) {
  return R"([{"type":"content","content":{"type":"text","text":")" + text
         + R"("}}])";
}

} // namespace

TEST_CASE("a command's output is shown as of a console") {
  const auto done = outcome("Bash", R"({"content":"a\nb\n\n"})");
  CHECK_FALSE(done.failed);
  CHECK(done.content == text_content(R"(```console\na\nb\n```)"));
  CHECK(
    done.raw_output
    == R"({"content":[{"type":"text","text":"a\nb\n\n"}],"isError":false})");
}

TEST_CASE("a command without output shows none") {
  CHECK(outcome("Bash", R"({"content":""})").content.empty());
}

TEST_CASE("a file is fenced with more backticks than it holds") {
  CHECK(outcome("Read", R"({"content":"x ```` y"})").content
        == text_content(R"(`````\nx ```` y\n`````)"));
}

TEST_CASE("a file is shown without what the CLI tells its model") {
  CHECK(outcome("Read", R"({"content":"a\n\n<system-reminder>\nx\n)"
                        R"(</system-reminder>\n"})")
          .content
        == text_content(R"(```\na\n```)"));
}

TEST_CASE("an image that was read is kept") {
  const auto done =
    outcome("Read", R"({"content":[{"type":"image","source":{"type":"base64",)"
                    R"("media_type":"image/png","data":"QUI="}}]})");
  CHECK(done.content
        == R"([{"type":"content","content":{"type":"image",)"
           R"("mimeType":"image/png","data":"QUI="}}])");
  CHECK(done.raw_output
        == R"({"content":[{"type":"image","source":{"type":"base64",)"
           R"("media_type":"image/png","data":"QUI="}}],"isError":false})");
}

TEST_CASE("an edit's own words leave its diff in place") {
  for (const auto* tool : {"Edit", "Write", "NotebookEdit"})
    CHECK(outcome(tool, R"({"content":"updated"})").content.empty());
}

TEST_CASE("an error is fenced, whatever the tool") {
  for (const auto* tool : {"Edit", "Bash", "Monitor", "mcp__s__t"}) {
    const auto done = outcome(tool, R"({"content":"no","is_error":true})");
    CHECK(done.failed);
    CHECK(done.content == text_content(R"(```\nno\n```)"));
    CHECK(done.raw_output
          == R"({"content":[{"type":"text","text":"no"}],"isError":true})");
  }
}

TEST_CASE("a plan or a question that is settled has a new title") {
  CHECK(outcome("ExitPlanMode", R"({"content":"x"})").title
        == "Exited Plan Mode");
  const auto answered = outcome("AskUserQuestion", R"({"content":"Red"})");
  CHECK(answered.title == "Answer received");
  CHECK(answered.content == text_content("Red"));
}

TEST_CASE("a fetched page keeps its link") {
  CHECK(
    outcome("WebFetch", R"({"content":"page"})", "null", "https://x").content
    == R"([{"type":"content","content":{"type":"resource_link",)"
       R"("name":"https://x","uri":"https://x"}},)"
       R"({"type":"content","content":{"type":"text","text":"page"}}])");
}

TEST_CASE("an MCP tool's structured output is its output") {
  CHECK(outcome("mcp__s__t", R"({"content":"{}"})",
                R"({"content":"{}","structuredContent":{"n":1}})")
          .raw_output
        == R"({"content":"{}","structuredContent":{"n":1},"isError":false})");
  CHECK(outcome("Bash", R"({"content":"x"})", R"({"stdout":"x"})").raw_output
        == R"({"content":[{"type":"text","text":"x"}],"isError":false})");
}

TEST_CASE("a huge result is cut at a whole character") {
  std::string text;
  while (text.size() <= claude::max_result_text)
    text += "aä";
  text.insert(0, "b");
  const auto done = outcome("Monitor", R"({"content":")" + text + "\"}");
  CHECK(done.content.size() < claude::max_result_text + 200);
  CHECK(done.content.find("bytes left out)") != std::string::npos);
  rapidjson::Document content;
  CHECK(json::read(content, done.content));
  CHECK(done.raw_output.size() < claude::max_result_text + 200);
}

TEST_CASE("a huge image is left out") {
  const std::string data(claude::max_result_image + 1, 'A');
  const auto done = outcome(
    "Read", R"({"content":[{"type":"image","source":{"media_type":"image/png",)"
            R"("data":")"
              + data + R"("}}]})");
  CHECK(done.raw_output == R"({"content":[],"isError":false})");
}
