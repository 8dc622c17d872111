#include "actors/agent/claude/permission_policy.hpp"

#include "messages/wire/claude/tool_input.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::claude;

namespace {

using kind = verdict::kind;

constexpr const char* ready_plan =
  "# Plan\\n\\n1. Read the code. 2. Change what has to change.";

tool_question call(std::string tool, std::string input = "{}") {
  tool_question asked;
  asked.request_id = "r1";
  asked.tool_use_id = "t1";
  asked.tool_name = std::move(tool);
  asked.input = std::move(input);
  return asked;
}

tool_question exit_plan(const std::string& plan = ready_plan) {
  return call("ExitPlanMode", R"({"plan":")" + plan + "\"}");
}

tool_question choose() {
  return call("AskUserQuestion",
              R"({"questions":[{"question":"Which?","options":[)"
              R"({"label":"Red","description":"warm"},{"label":"Blue"}]},)"
              R"({"question":"Why?","options":[{"label":"So"}]}]})");
}

tool_question exec(const std::string& command) {
  return call("mcp__posthog__exec", R"({"command":")" + command + "\"}");
}

permission_policy policy_in(std::string_view mode,
                            permission_rules rules = {}) {
  rules.cwd = "/repo";
  rules.config_directory = "/home/u/.claude";
  permission_policy policy{std::move(rules)};
  policy.set_mode(mode);
  return policy;
}

kind judged(std::string_view mode, const tool_question& asked) {
  return policy_in(mode).judge(asked, "", "").what;
}

std::vector<std::string> ids(const permission_question& question) {
  std::vector<std::string> all;
  for (const auto& option : question.options)
    all.push_back(option.id);
  return all;
}

using names = std::vector<std::string>;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

permission_rules with_domains() {
  permission_rules rules;
  rules.allowed_domains = {"docs.example.org", "*.example.com"};
  return rules;
}

kind fetched(const std::string& url) {
  return policy_in("bypassPermissions", with_domains())
    .judge(call("WebFetch", R"({"url":")" + url + "\"}"), "", "")
    .what;
}

} // namespace

TEST_CASE("tools that read run unasked in every mode", "[policy]") {
  for (const auto* mode :
       {"default", "acceptEdits", "plan", "auto", "bypassPermissions"})
    for (const auto* tool :
         {"Read", "NotebookRead", "Glob", "Grep", "LS", "WebSearch", "WebFetch",
          "Task", "Agent", "TodoWrite", "Skill"}) {
      INFO(mode << " " << tool);
      CHECK(judged(mode, call(tool)) == kind::allow);
    }
}

TEST_CASE("an allowed tool gets its input back", "[policy]") {
  CHECK(policy_in("default")
          .judge(call("Read", R"({"file_path":"/a"})"), "", "")
          .response
        == R"({"behavior":"allow","updatedInput":{"file_path":"/a"}})");
}

TEST_CASE("edits run unasked where the mode accepts them", "[policy]") {
  for (const auto* tool : {"Edit", "Write", "NotebookEdit"}) {
    INFO(tool);
    CHECK(judged("acceptEdits", call(tool)) == kind::allow);
    CHECK(judged("bypassPermissions", call(tool)) == kind::allow);
    CHECK(judged("default", call(tool)) == kind::ask);
    CHECK(judged("auto", call(tool)) == kind::ask);
  }
}

TEST_CASE("commands run unasked only where nothing is asked", "[policy]") {
  const auto bash = call("Bash", R"({"command":"make"})");
  CHECK(judged("default", bash) == kind::ask);
  CHECK(judged("acceptEdits", bash) == kind::ask);
  CHECK(judged("auto", bash) == kind::ask);
  CHECK(judged("bypassPermissions", bash) == kind::allow);
}

TEST_CASE("a mode that is not known here only lets tools read", "[policy]") {
  CHECK(judged("other", call("Read")) == kind::allow);
  CHECK(judged("other", call("Edit")) == kind::ask);
}

TEST_CASE("MCP tools that only read run unasked", "[policy]") {
  auto policy = policy_in("plan");
  const auto asked = call("mcp__db__query");
  CHECK(policy.judge(asked, "", "").what == kind::deny);
  policy.set_read_only_tools({"mcp__db__query"});
  CHECK(policy.judge(asked, "", "").what == kind::allow);
}

TEST_CASE("a tool is asked about with once, always and no", "[policy]") {
  auto asked = call("Bash", R"({"command":"git log"})");
  asked.suggestions = R"([{"type":"addRules","behavior":"allow",)"
                      R"("destination":"localSettings","rules":[)"
                      R"({"toolName":"Bash","ruleContent":"git:*"}]}])";
  const auto question = policy_in("default").judge(asked, "", "").question;
  CHECK(question.id == "r1");
  CHECK(question.options_json
        == R"([{"optionId":"allow","name":"Yes","kind":"allow_once"},)"
           R"({"optionId":"allow_always","name":"Always allow git:* )"
           R"(commands","kind":"allow_always"},{"optionId":"reject",)"
           R"("name":"No, and say what to do differently",)"
           R"("kind":"reject_once","_meta":{"customInput":true}}])");
  CHECK(input_text(question.tool_call_json, "toolCallId") == "t1");
  CHECK_FALSE(has(question.tool_call_json, "_meta"));
}

TEST_CASE("allowing once stores nothing", "[policy]") {
  auto asked = call("Bash", R"({"command":"make"})");
  asked.suggestions = "[1]";
  const auto result = policy_in("default").resolve(asked, {"allow", "", {}});
  CHECK(result.what == kind::allow);
  CHECK(result.response
        == R"({"behavior":"allow","updatedInput":{"command":"make"}})");
}

TEST_CASE("allowing always hands the CLI's suggestions back", "[policy]") {
  auto asked = call("Bash", "{}");
  asked.suggestions = R"([{"type":"addRules","x":1}])";
  CHECK(policy_in("default").resolve(asked, {"allow_always", "", {}}).response
        == R"({"behavior":"allow","updatedInput":{},)"
           R"("updatedPermissions":[{"type":"addRules","x":1}]})");
}

TEST_CASE("allowing always without suggestions allows the tool", "[policy]") {
  const auto response = policy_in("default")
                          .resolve(call("Bash"), {"allow_always", "", {}})
                          .response;
  CHECK(has(response, R"("rules":[{"toolName":"Bash"}])"));
  CHECK(has(response, R"("destination":"session")"));
  CHECK(has(response, R"("destination":"localSettings")"));
}

TEST_CASE("a suggested mode is entered with allowing always", "[policy]") {
  auto policy = policy_in("default");
  auto asked = call("Edit");
  asked.suggestions =
    R"([{"type":"setMode","mode":"acceptEdits","destination":"session"}])";
  CHECK(policy.resolve(asked, {"allow_always", "", {}}).new_mode
        == "acceptEdits");
}

TEST_CASE("a refusal without words ends the turn", "[policy]") {
  const auto result =
    policy_in("default").resolve(call("Bash"), {"reject", " ", {}});
  CHECK(result.what == kind::deny);
  CHECK(result.response
        == R"({"behavior":"deny","message":)"
           R"("The user refused to let Bash run.","interrupt":true})");
  CHECK(result.denial == "The user refused to let Bash run.");
}

TEST_CASE("a refusal with words lets the agent heed them", "[policy]") {
  const auto result = policy_in("default").resolve(
    call("Bash"), {"reject", " use make instead\n", {}});
  CHECK(has(result.response, R"("interrupt":false)"));
  CHECK(has(result.denial, "with feedback: use make instead"));
}

TEST_CASE("a cancelled question refuses and ends the turn", "[policy]") {
  for (const auto& asked : {call("Bash"), choose(), exit_plan()}) {
    const auto result = policy_in("default").resolve(asked, {});
    CHECK(result.what == kind::deny);
    CHECK(has(result.response, R"("interrupt":true)"));
  }
}

TEST_CASE("an option that was not offered allows nothing (weakness 28)",
          "[policy]") {
  auto policy = policy_in("default");
  CHECK(policy.resolve(call("Bash"), {"bypassPermissions", "", {}}).what
        == kind::deny);
  CHECK(policy.resolve(exit_plan(), {"allow", "", {}}).what == kind::deny);
  CHECK(policy.resolve(choose(), {"option_9", "", {}}).what == kind::deny);
  CHECK(policy.resolve(choose(), {"option_0x", "", {}}).what == kind::deny);
}

TEST_CASE("web tools stay within the allowed domains", "[policy]") {
  CHECK(fetched("https://docs.example.org/a") == kind::allow);
  CHECK(fetched("https://DOCS.example.org.:443/a?b#c") == kind::allow);
  CHECK(fetched("https://example.com") == kind::allow);
  CHECK(fetched("https://a.b.example.com") == kind::allow);
  CHECK(fetched("https://x.docs.example.org") == kind::deny);
  CHECK(fetched("https://badexample.com") == kind::deny);
  CHECK(fetched("https://example.com.evil.net") == kind::deny);
}

TEST_CASE("a URL cannot dress one host up as another", "[policy]") {
  CHECK(fetched("https://docs.example.org@evil.net/") == kind::deny);
  CHECK(fetched("https://evil.net\\\\@docs.example.org/") == kind::deny);
  CHECK(fetched("https://evil.net#@docs.example.org") == kind::deny);
  CHECK(fetched("https://evil.net%2f.example.com") == kind::deny);
  CHECK(fetched("https:///evil.net") == kind::deny);
  CHECK(fetched("docs.example.org") == kind::deny);
  CHECK(fetched("") == kind::deny);
}

TEST_CASE("a denied domain is told with those that are allowed", "[policy]") {
  const auto result =
    policy_in("default", with_domains())
      .judge(call("WebFetch", R"({"url":"https://evil.net"})"), "", "");
  CHECK(has(result.denial, "evil.net"));
  CHECK(has(result.denial, "docs.example.org, *.example.com"));
  CHECK(has(result.response, R"("interrupt":false)"));
}

TEST_CASE("a search may name allowed domains alone", "[policy]") {
  const auto policy = policy_in("default", with_domains());
  auto searched = [&](std::string_view domains) {
    return policy.forbids("WebSearch", R"({"query":"x","allowed_domains":)"
                                         + std::string{domains} + "}");
  };
  CHECK(searched(R"(["docs.example.org","a.example.com"])").empty());
  CHECK(searched(R"(["*.example.com"])").empty());
  CHECK(has(searched(R"(["docs.example.org","evil.net"])"), "evil.net"));
  CHECK(searched("[]").empty()); // it names no host
}

TEST_CASE("an MCP tool that is not to be used is denied in every mode",
          "[policy]") {
  permission_rules rules;
  rules.mcp_tools["mcp__a__b"] = mcp_approval::do_not_use;
  auto policy = policy_in("bypassPermissions", rules);
  CHECK(policy.judge(call("mcp__a__b"), "", "").what == kind::deny);
  CHECK_FALSE(policy.forbids("mcp__a__b", "{}").empty());
}

TEST_CASE("an MCP tool that needs approval is asked about in every mode",
          "[policy]") {
  permission_rules rules;
  rules.mcp_tools["mcp__a__b"] = mcp_approval::needs_approval;
  auto policy = policy_in("bypassPermissions", rules);
  const auto result = policy.judge(call("mcp__a__b"), "", "");
  CHECK(result.what == kind::ask);
  CHECK(ids(result.question) == names{"allow", "allow_always", "reject"});
  CHECK(input_text(result.question.tool_call_json, "kind") == "other");
}

TEST_CASE("an MCP tool that was always allowed needs no approval any more",
          "[policy]") {
  permission_rules rules;
  rules.mcp_tools["mcp__a__b"] = mcp_approval::needs_approval;
  auto policy = policy_in("default", rules);
  policy.resolve(call("mcp__a__b"), {"allow_always", "", {}});
  CHECK(policy.judge(call("mcp__a__b"), "", "").what == kind::allow);
}

TEST_CASE("an approved MCP tool runs unasked, but not while planning",
          "[policy]") {
  permission_rules rules;
  rules.mcp_tools["mcp__a__b"] = mcp_approval::approved;
  CHECK(policy_in("default", rules).judge(call("mcp__a__b"), "", "").what
        == kind::allow);
  CHECK(policy_in("plan", rules).judge(call("mcp__a__b"), "", "").what
        == kind::deny);
}

TEST_CASE("destructive sub-tools of exec are asked about", "[policy]") {
  for (const auto* command :
       {"call dashboard-delete {}", "call --json feature-flag-update {}",
        "call insights-partial-update{}", "call Experiment_DESTROY",
        "delete-thing", "call x-get {}\\ncall x-delete {}"}) {
    INFO(command);
    const auto result = policy_in("acceptEdits").judge(exec(command), "", "");
    CHECK(result.what == kind::ask);
    CHECK(has(result.question.tool_call_json,
              R"("_meta":{"claudeCode":{"toolName":"mcp__posthog__exec"}})"));
  }
}

TEST_CASE("what exec only tells about a sub-tool is not destructive",
          "[policy]") {
  auto rules = permission_rules{};
  rules.read_only_tools = {"mcp__posthog__exec"};
  for (const auto* command : {"info dashboard-delete", "search delete", "tools",
                              "call dashboard-get {\\\"q\\\":\\\"delete\\\"}",
                              "call updates-list", "call undeleted-get"}) {
    INFO(command);
    CHECK(policy_in("default", rules).judge(exec(command), "", "").what
          == kind::allow);
  }
}

TEST_CASE("auto and bypass answer for destructive sub-tools", "[policy]") {
  permission_rules rules;
  rules.read_only_tools = {"mcp__posthog__exec"};
  const auto asked = exec("call x-delete {}");
  CHECK(policy_in("auto", rules).judge(asked, "", "").what == kind::allow);
  CHECK(policy_in("bypassPermissions").judge(asked, "", "").what
        == kind::allow);
  CHECK(policy_in("default", rules).judge(asked, "", "").what == kind::ask);
}

TEST_CASE("always allowing one sub-tool of exec allows no other", "[policy]") {
  auto policy = policy_in("default");
  const auto one = exec("call a-delete {}");
  const auto response = policy.resolve(one, {"allow_always", "", {}}).response;
  // A rule in the CLI would cover the whole tool.
  CHECK_FALSE(has(response, "updatedPermissions"));
  CHECK(policy.judge(one, "", "").what == kind::allow);
  CHECK(policy.judge(exec("call b-delete {}"), "", "").what == kind::ask);
  CHECK(policy.judge(exec("call a-get {}"), "", "").what == kind::ask);
}

TEST_CASE("always allowing harmless calls of exec allows no destructive one",
          "[policy]") {
  auto policy = policy_in("default");
  policy.resolve(exec("call a-get {}"), {"allow_always", "", {}});
  CHECK(policy.judge(exec("call b-get {}"), "", "").what == kind::allow);
  CHECK(policy.judge(exec("call a-delete {}"), "", "").what == kind::ask);
}

TEST_CASE("EnterPlanMode leads to plan mode", "[policy]") {
  auto policy = policy_in("acceptEdits");
  const auto result = policy.judge(call("EnterPlanMode"), "", "");
  CHECK(result.what == kind::allow);
  CHECK(result.new_mode == "plan");
}

TEST_CASE("plan mode denies what might write", "[policy]") {
  for (const auto* tool : {"Edit", "Write", "Bash", "mcp__a__b"}) {
    INFO(tool);
    const auto result = policy_in("plan").judge(call(tool), "", "");
    CHECK(result.what == kind::deny);
    CHECK(has(result.denial, "plan mode"));
    CHECK(has(result.response, R"("interrupt":false)"));
  }
  CHECK(judged("plan", exec("call a-delete {}")) == kind::deny);
}

TEST_CASE("plan mode lets the plan's own file be written", "[policy]") {
  auto written = [](const std::string& path) {
    return judged("plan", call("Write", R"({"file_path":")" + path + "\"}"));
  };
  CHECK(written("/home/u/.claude/plans/a.md") == kind::allow);
  CHECK(written("/home/u/.claude/plans/x/../a.md") == kind::allow);
  CHECK(written("/home/u/.claude/plans/../settings.json") == kind::deny);
  CHECK(written("/home/u/.claude/plans") == kind::deny);
  CHECK(written("/home/u/.claude/plans-not/a.md") == kind::deny);
  CHECK(written("plans/a.md") == kind::deny);
}

TEST_CASE("a plan is asked about with the modes that may follow it",
          "[policy]") {
  const auto result = policy_in("plan").judge(exit_plan(), "", "");
  REQUIRE(result.what == kind::ask);
  CHECK(ids(result.question)
        == names{"default", "bypassPermissions", "auto", "acceptEdits",
                 "reject_with_feedback"});
  for (const auto& option : result.question.options)
    CHECK(option.kind
          == (option.id == "default"                ? "allow_once"
              : option.id == "reject_with_feedback" ? "reject_once"
                                                    : "allow_always"));
  CHECK(has(result.question.options_json, R"("_meta":{"customInput":true}}])"));
  CHECK(input_text(result.question.tool_call_json, "kind") == "switch_mode");
  CHECK(result.question.title == "Ready to code?");
}

TEST_CASE("the mode before the plan is offered first", "[policy]") {
  auto policy = policy_in("acceptEdits");
  policy.set_mode(policy.judge(call("EnterPlanMode"), "", "").new_mode);
  policy.set_mode("plan"); // the CLI says it once more
  const auto question = policy.judge(exit_plan(), "", "").question;
  CHECK(ids(question)
        == names{"acceptEdits", "bypassPermissions", "auto", "default",
                 "reject_with_feedback"});
  CHECK(question.options.front().name.rfind("Yes, continue", 0) == 0);
  CHECK(question.options[1].name.rfind("Yes, continue", 0) != 0);
}

TEST_CASE("a plan leads to bypassing only where that is allowed", "[policy]") {
  permission_rules rules;
  rules.bypass_allowed = false;
  auto policy = policy_in("plan", rules);
  CHECK(ids(policy.judge(exit_plan(), "", "").question)
        == names{"default", "auto", "acceptEdits", "reject_with_feedback"});
  CHECK(policy.resolve(exit_plan(), {"bypassPermissions", "", {}}).what
        == kind::deny);
  CHECK(policy.mode() == "plan");
}

TEST_CASE("an approved plan sets its mode", "[policy]") {
  auto policy = policy_in("plan");
  const auto result = policy.resolve(exit_plan(), {"acceptEdits", "", {}});
  CHECK(result.what == kind::allow);
  CHECK(result.new_mode == "acceptEdits");
  CHECK(has(result.response,
            R"("updatedPermissions":[{"type":"setMode",)"
            R"("mode":"acceptEdits","destination":"session"}])"));
}

TEST_CASE("a rejected plan keeps plan mode", "[policy]") {
  auto policy = policy_in("plan");
  const auto result =
    policy.resolve(exit_plan(), {"reject_with_feedback", "add tests", {}});
  CHECK(result.what == kind::deny);
  CHECK(result.new_mode.empty());
  CHECK(policy.mode() == "plan");
  CHECK(has(result.response, R"("interrupt":false)"));
  CHECK(has(result.denial, "add tests"));
}

TEST_CASE("a plan's text comes from the input, its file or the last message",
          "[policy]") {
  const std::string file = "# File\n\n" + std::string(40, 'x');
  const std::string said = "# Said\n\n" + std::string(40, 'y');
  auto shown = [&](const tool_question& asked, std::string_view plan,
                   std::string_view last) {
    return policy_in("plan").judge(asked, plan, last).question.tool_call_json;
  };
  CHECK(has(shown(exit_plan(), file, said), "Read the code"));
  CHECK(has(shown(call("ExitPlanMode"), file, said), "# File"));
  CHECK(has(shown(call("ExitPlanMode"), "", said), "# Said"));
  CHECK(has(shown(call("ExitPlanMode"), "short", said), "# Said"));
}

TEST_CASE("the answer to a plan carries the CLI's own input", "[policy]") {
  CHECK(has(policy_in("plan")
              .resolve(call("ExitPlanMode", R"({"a":1})"), {"default", "", {}})
              .response,
            R"("updatedInput":{"a":1})"));
}

TEST_CASE("a plan that is not ready is denied with what it lacks", "[policy]") {
  auto denial = [](const tool_question& asked) {
    const auto result = policy_in("plan").judge(asked, "", "");
    CHECK(result.what == kind::deny);
    CHECK(has(result.response, R"("interrupt":false)"));
    return result.denial;
  };
  CHECK(has(denial(call("ExitPlanMode")), "no text"));
  CHECK(has(denial(exit_plan("# Short")), "40 characters"));
  CHECK(has(denial(exit_plan(std::string(50, 'x'))), "heading"));
  CHECK(has(denial(exit_plan(std::string(50, 'x') + "\\n#tag")), "heading"));
  // 39 characters in more bytes than 40.
  std::string wide = "# ";
  for (int i = 0; i < 37; ++i)
    wide += "\xC3\xA4";
  CHECK(has(denial(exit_plan(wide)), "40 characters"));
}

TEST_CASE("a question shows its choices, in bypass mode too (weakness 25)",
          "[policy]") {
  const auto result = policy_in("bypassPermissions").judge(choose(), "", "");
  REQUIRE(result.what == kind::ask);
  CHECK(result.question.options_json
        == R"([{"optionId":"option_0","name":"Red","kind":"allow_once",)"
           R"("_meta":{"description":"warm"}},)"
           R"({"optionId":"option_1","name":"Blue","kind":"allow_once"}])");
  const auto& shown = result.question.tool_call_json;
  CHECK(result.question.title == "Which?");
  CHECK(input_text(shown, "kind") == "other");
  CHECK(has(shown, R"("_meta":{"codeToolKind":"question","questions":[{)"));
  CHECK(has(shown, R"("question":"Why?")"));
}

TEST_CASE("a plan is asked about in bypass mode too", "[policy]") {
  CHECK(judged("bypassPermissions", exit_plan()) == kind::ask);
}

TEST_CASE("answers go into the question's input", "[policy]") {
  const auto result = policy_in("default").resolve(
    choose(), {"option_0", "", {{"Which?", "Blue"}, {"Why?", "So"}}});
  CHECK(result.what == kind::allow);
  CHECK(has(result.response, R"("updatedInput":{"questions":[)"));
  CHECK(has(result.response, R"("answers":{"Which?":"Blue","Why?":"So"}})"));
}

TEST_CASE("a choice without answers answers the first question (weakness 26)",
          "[policy]") {
  CHECK(
    has(policy_in("default").resolve(choose(), {"option_1", "", {}}).response,
        R"("answers":{"Which?":"Blue"}})"));
}

TEST_CASE("what is written beside a choice goes along", "[policy]") {
  CHECK(has(policy_in("default")
              .resolve(choose(), {"option_1", "a dark one", {}})
              .response,
            R"x("answers":{"Which?":"Blue (a dark one)"}})x"));
}

TEST_CASE("a question without an answer is denied in words", "[policy]") {
  const auto result = policy_in("default").resolve(
    choose(), {"reject", "Session is shutting down.", {}});
  CHECK(result.what == kind::deny);
  CHECK(has(result.denial, "without an answer"));
  CHECK(has(result.denial, "Session is shutting down."));
}

TEST_CASE("words that come with a cancelled question reach the agent "
          "(weakness 25)",
          "[policy]") {
  const auto result = policy_in("default").resolve(
    choose(), {"", "The question was posted to the thread.", {}});
  CHECK(result.response
        == R"({"behavior":"deny","message":"The question was posted to the )"
           R"(thread.","interrupt":false})");
}

TEST_CASE("a call without a question is denied", "[policy]") {
  CHECK(judged("bypassPermissions", call("AskUserQuestion")) == kind::deny);
}

TEST_CASE("publishing commands are denied in every mode where a run must not "
          "publish (weakness 24)",
          "[policy]") {
  permission_rules rules;
  rules.may_publish = false;
  const auto push = call("Bash", R"({"command":"cd x && git push"})");
  for (const auto* mode : {"default", "plan", "auto", "bypassPermissions"}) {
    auto policy = policy_in(mode, rules);
    INFO(mode);
    CHECK(policy.judge(push, "", "").what == kind::deny);
    CHECK(has(policy.forbids("Bash", push.input), "git push"));
    CHECK(policy.forbids("Bash", R"({"command":"git commit"})").empty());
  }
}

TEST_CASE("publishing commands run where a run may publish", "[policy]") {
  const auto policy = policy_in("default");
  CHECK(policy.forbids("Bash", R"({"command":"git push"})").empty());
}
