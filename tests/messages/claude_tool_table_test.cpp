#include "messages/wire/claude/tool_table.hpp"

#include "messages/wire/json_reader.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using claude::tool_face;

namespace {

tool_face face(std::string_view name, std::string_view input = "{}") {
  rapidjson::Document document;
  REQUIRE(json::read(document, input));
  return claude::describe_tool(name, &document, "/repo");
}

std::string title(std::string_view name, std::string_view input = "{}") {
  return face(name, input).title;
}

std::string text_content(const std::string& text) {
  return R"([{"type":"content","content":{"type":"text","text":")" + text
         + R"("}}])";
}

} // namespace

TEST_CASE("each tool has its kind") {
  const std::vector<std::pair<std::string_view, std::string_view>> kinds{
    {"Bash", "execute"},
    {"BashOutput", "execute"},
    {"KillShell", "execute"},
    {"Read", "read"},
    {"NotebookRead", "read"},
    {"Edit", "edit"},
    {"Write", "edit"},
    {"NotebookEdit", "edit"},
    {"Glob", "search"},
    {"Grep", "search"},
    {"LS", "search"},
    {"WebFetch", "fetch"},
    {"WebSearch", "fetch"},
    {"Task", "think"},
    {"Agent", "think"},
    {"TodoWrite", "think"},
    {"ExitPlanMode", "switch_mode"},
    {"AskUserQuestion", "other"},
    {"mcp__srv__look", "other"},
    {"Monitor", "other"}};
  for (const auto& [name, kind] : kinds) {
    CAPTURE(name);
    CHECK(face(name).kind == kind);
  }
}

TEST_CASE("titles say what a call is for") {
  CHECK(title("Bash", R"({"command":"ls","description":"List"})") == "List");
  CHECK(title("Bash", R"({"command":"ls"})") == "Execute command");
  CHECK(title("BashOutput") == "Tail Logs");
  CHECK(title("KillShell") == "Kill Process");
  CHECK(title("Task", R"({"description":"Look"})") == "Look");
  CHECK(title("Agent") == "Task");
  CHECK(title("Read", R"({"file_path":"/repo/a/b.txt"})") == "Read a/b.txt");
  CHECK(title("Read", R"({"file_path":"/else/b","offset":2,"limit":3})")
        == "Read /else/b (2 - 4)");
  CHECK(title("Read", R"({"file_path":"/repo/b","limit":3})")
        == "Read b (1 - 3)");
  CHECK(title("Read", R"({"file_path":"/repo/b","offset":9})")
        == "Read b (from line 9)");
  CHECK(title("NotebookRead", R"({"notebook_path":"/repo/n.ipynb"})")
        == "Read Notebook n.ipynb");
  CHECK(title("NotebookEdit", R"({"notebook_path":"/repo/n.ipynb"})")
        == "Edit Notebook n.ipynb");
  CHECK(title("Edit", R"({"file_path":"/repo/b"})") == "Edit `b`");
  CHECK(title("Write", R"({"file_path":"/repository/b"})")
        == "Write /repository/b");
  CHECK(title("Glob", R"({"path":"/repo/d","pattern":"*.c"})")
        == R"(Find "d" "*.c")");
  CHECK(title("LS") == "List the current directory's contents");
  CHECK(title("LS", R"({"path":"/repo/d"})")
        == "List the `d` directory's contents");
  CHECK(title("WebFetch", R"({"url":"https://x"})") == "Fetch");
  CHECK(title("WebSearch", R"({"query":"q","allowed_domains":["a","b"],)"
                           R"("blocked_domains":["c"]})")
        == R"("q" (allowed: a, b) (blocked: c))");
  CHECK(title("TodoWrite", R"({"todos":[{"content":"A"},{"content":"B"}]})")
        == "Update TODOs: A, B");
  CHECK(title("ExitPlanMode") == "Ready to code?");
  CHECK(title("AskUserQuestion", R"({"questions":[{"question":"Which?"}]})")
        == "Which?");
  CHECK(title("mcp__my_srv__look_up") == "look_up");
  CHECK(title("Monitor") == "Monitor");
}

TEST_CASE("a grep reads like its command line") {
  CHECK(title("Grep", R"({"pattern":"x","-i":true,"-n":true,"-A":2,"-C":1,)"
                      R"("output_mode":"files_with_matches","glob":"*.c",)"
                      R"("type":"c","path":"/repo/d","head_limit":5,)"
                      R"("multiline":true})")
        == R"(grep -i -n -A 2 -C 1 -l -P --include="*.c" --type=c "x" d)"
           R"( | head -5)");
}

TEST_CASE("a call whose input is still to come has a title all the same") {
  const auto face = claude::describe_tool("Edit", nullptr, "/repo");
  CHECK(face.title == "Edit `File`");
  CHECK(face.content == "[]");
  CHECK(face.locations == "[]");
}

TEST_CASE("contents show what a call is about to do") {
  CHECK(face("Bash", R"({"command":"ls"})").content == text_content("ls"));
  CHECK(face("Task", R"({"prompt":"Go."})").content == text_content("Go."));
  CHECK(face("ExitPlanMode", R"({"plan":"P"})").content == text_content("P"));
  CHECK(face("NotebookEdit", R"({"new_source":"n"})").content
        == text_content("n"));
  CHECK(face("AskUserQuestion", R"({"questions":[{"question":"Q"}]})").content
        == text_content(R"([{\"question\":\"Q\"}])"));
  CHECK(face("Edit", R"({"file_path":"/repo/a","old_string":"x",)"
                     R"("new_string":"y"})")
          .content
        == R"([{"type":"diff","path":"/repo/a","oldText":"x","newText":"y"}])");
  CHECK(
    face("Write", R"({"file_path":"/repo/a","content":"y"})").content
    == R"([{"type":"diff","path":"/repo/a","oldText":null,"newText":"y"}])");
  CHECK(face("WebFetch", R"({"url":"https://x"})").content
        == R"([{"type":"content","content":{"type":"resource_link",)"
           R"("name":"https://x","uri":"https://x"}}])");
}

TEST_CASE("locations are the files that a call is at") {
  CHECK(face("Read", R"({"file_path":"/repo/a","offset":7})").locations
        == R"([{"path":"/repo/a","line":7}])");
  CHECK(face("Edit", R"({"file_path":"/repo/a"})").locations
        == R"([{"path":"/repo/a"}])");
  CHECK(face("NotebookEdit", R"({"notebook_path":"/repo/n"})").locations
        == R"([{"path":"/repo/n"}])");
  CHECK(face("Glob", R"({"path":"/repo/d"})").locations
        == R"([{"path":"/repo/d"}])");
  CHECK(face("Bash", R"({"command":"ls"})").locations == "[]");
}

TEST_CASE("input of the wrong types does no harm") {
  const auto odd = face("Read", R"({"file_path":7,"offset":"x","limit":null})");
  CHECK(odd.title == "Read File");
  CHECK(face("Grep", "[]").title == "grep");
  CHECK(face("AskUserQuestion", R"({"questions":[]})").title == "Question");
}
