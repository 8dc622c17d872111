#include "messages/wire/claude/permission_lines.hpp"
#include "messages/wire/claude/tool_input.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::claude;

TEST_CASE("an allowed Claude tool call carries its input back", "[policy]") {
  CHECK(allow_response(R"({"command":"ls"})")
        == R"({"behavior":"allow","updatedInput":{"command":"ls"}})");
}

TEST_CASE("stored rules go along with an allowed Claude tool call",
          "[policy]") {
  CHECK(allow_response("{}", "[1]")
        == R"({"behavior":"allow","updatedInput":{},)"
           R"("updatedPermissions":[1]})");
}

TEST_CASE("a refusal says whether it ends Claude's turn", "[policy]") {
  CHECK(deny_response("no \"way\"", false)
        == R"({"behavior":"deny","message":"no \"way\"","interrupt":false})");
  CHECK(deny_response("no", true)
        == R"({"behavior":"deny","message":"no","interrupt":true})");
}

TEST_CASE("a mode is set for Claude's session alone", "[policy]") {
  CHECK(set_mode_update("acceptEdits")
        == R"([{"type":"setMode","mode":"acceptEdits",)"
           R"("destination":"session"}])");
}

TEST_CASE("a tool is allowed for the session and in the local settings",
          "[policy]") {
  CHECK(allow_tool_update("Bash")
        == R"([{"type":"addRules","rules":[{"toolName":"Bash"}],)"
           R"("behavior":"allow","destination":"session"},)"
           R"({"type":"addRules","rules":[{"toolName":"Bash"}],)"
           R"("behavior":"allow","destination":"localSettings"}])");
}

TEST_CASE("suggested rules are told in words", "[policy]") {
  auto words = [](std::string_view updates) {
    return read_suggestions(updates).words;
  };
  CHECK(words(R"([{"type":"addRules","behavior":"allow","rules":[)"
              R"({"toolName":"Bash","ruleContent":"git:*"}]}])")
        == "git:* commands");
  CHECK(words(R"([{"type":"addRules","behavior":"allow","rules":[)"
              R"({"toolName":"Bash","ruleContent":"git:*"},)"
              R"({"toolName":"Read","ruleContent":"//tmp/**"}]}])")
        == "git:* commands and Read(//tmp/**)");
  CHECK(words(R"([{"type":"addDirectories","directories":["/a"]},)"
              R"({"type":"setMode","mode":"acceptEdits"}])")
        == "access to /a and edits in this session");
}

TEST_CASE("many suggested rules are counted, not listed", "[policy]") {
  CHECK(read_suggestions(R"([{"type":"addDirectories","directories":)"
                         R"(["a","b","c","d","e"]}])")
          .words
        == "access to a, access to b, access to c and 2 more");
}

TEST_CASE("suggestions name the mode that they set", "[policy]") {
  CHECK(read_suggestions(R"([{"type":"setMode","mode":"acceptEdits"}])").mode
        == "acceptEdits");
}

TEST_CASE("no suggestions read as none", "[policy]") {
  for (const auto* nothing : {"[]", "", "null", "{}", "[,"})
    CHECK(read_suggestions(nothing).json.empty());
}

TEST_CASE("a permission question shows options and tool call to clients",
          "[policy]") {
  const auto question =
    compose_question("q",
                     {{{"a", "A", "allow_once"}, "what A is"},
                      {{"r", "R", "reject_once"}, "", true}},
                     R"({"toolCallId":"t","title":"Run"})");
  CHECK(question.id == "q");
  CHECK(question.title == "Run");
  CHECK(question.options.size() == 2);
  CHECK(question.options_json
        == R"([{"optionId":"a","name":"A","kind":"allow_once",)"
           R"("_meta":{"description":"what A is"}},)"
           R"({"optionId":"r","name":"R","kind":"reject_once",)"
           R"("_meta":{"customInput":true}}])");
  CHECK(question.tool_call_json == R"({"toolCallId":"t","title":"Run"})");
}

TEST_CASE("a question may change title, kind and _meta of its tool call",
          "[policy]") {
  const auto question =
    compose_question("q", {}, R"({"title":"Run","kind":"execute"})",
                     {"Which?", "other", R"({"x":1})"});
  CHECK(question.title == "Which?");
  CHECK(question.tool_call_json
        == R"({"title":"Which?","kind":"other","_meta":{"x":1}})");
}

TEST_CASE("members of a tool's input read as empty when they are not there",
          "[policy]") {
  CHECK(input_text(R"({"a":"x"})", "a") == "x");
  CHECK(input_text(R"({"a":1})", "a").empty());
  CHECK(input_text("broken", "a").empty());
  CHECK(input_texts(R"({"a":["x",1,"y"]})", "a")
        == std::vector<std::string>{"x", "y"});
  CHECK(input_texts(R"({"a":"x"})", "a").empty());
}

TEST_CASE("setting a text of a tool's input replaces it", "[policy]") {
  CHECK(with_input_text(R"({"a":"x","b":1,"a":"y"})", "a", "z")
        == R"({"b":1,"a":"z"})");
}

TEST_CASE("Claude's questions are read with their choices", "[policy]") {
  const auto questions = read_user_questions(
    R"({"questions":[{"question":"Which?","options":[)"
    R"({"label":"A","description":"first"},"B",{"x":1}]},{"header":"none"}]})");
  REQUIRE(questions.items.size() == 1);
  CHECK(questions.items[0].text == "Which?");
  REQUIRE(questions.items[0].choices.size() == 2);
  CHECK(questions.items[0].choices[0].description == "first");
  CHECK(questions.items[0].choices[1].label == "B");
  CHECK(questions.json.find("none") == std::string::npos);
}

TEST_CASE("a lone question may lie in the input itself", "[policy]") {
  const auto questions = read_user_questions(R"({"question":"Why?"})");
  REQUIRE(questions.items.size() == 1);
  CHECK(questions.items[0].text == "Why?");
}

TEST_CASE("answers are keyed by the question's text", "[policy]") {
  CHECK(with_answers(R"({"questions":[]})", {{"Which \"one\"?", "A"}})
        == R"({"questions":[],"answers":{"Which \"one\"?":"A"}})");
}
