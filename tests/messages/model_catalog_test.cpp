#include "messages/error.hpp"
#include "messages/wire/acp.hpp"
#include "messages/wire/model_catalog.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

model_list list(std::vector<model_info> models) {
  return std::make_shared<const std::vector<model_info>>(std::move(models));
}

catalog_options options() {
  return {"plan", "claude-opus-4-7", "", true,
          list({{"claude-opus-4-7", "anthropic", 1'000'000},
                {"claude-sonnet-4-6", "anthropic", 0},
                {"claude-haiku-4-5", "anthropic", 200'000}})};
}

} // namespace

TEST_CASE("the gateway's model list is read") {
  const auto parsed = parse_models(
    R"({"object":"list","data":[{"id":"a","owned_by":"anthropic",)"
    R"("context_window":1000000},{"id":"b","context_window":2e5},{"id":7},3]})");
  REQUIRE(parsed);
  REQUIRE(parsed->size() == 2);
  CHECK(parsed->at(0).id == "a");
  CHECK(parsed->at(0).owned_by == "anthropic");
  CHECK(parsed->at(0).context_window == 1'000'000);
  CHECK(parsed->at(1).owned_by.empty());
  CHECK(parsed->at(1).context_window == 200'000);
}

TEST_CASE("a model list that is none is an error") {
  for (const auto* body :
       {"", "<html>", "[]", "{}", R"({"data":{}})", R"({"data":[]})"}) {
    INFO(body);
    const auto parsed = parse_models(body);
    REQUIRE_FALSE(parsed);
    CHECK(code_of(parsed.error()) == ec::gateway_failed);
  }
}

TEST_CASE("options have the contract's bytes") {
  auto few = options();
  few.bypass_allowed = false;
  few.offered = list({{"claude-opus-4-7", "anthropic", 1'000'000}});
  CHECK(
    few.to_json()
    == R"([{"id":"mode","name":"Approval Preset","type":"select",)"
       R"("currentValue":"plan","options":[{"value":"default",)"
       R"("name":"Default","description":"Standard behavior, prompts for )"
       R"(dangerous operations"},{"value":"acceptEdits",)"
       R"("name":"Accept Edits","description":"Auto-accept file edit )"
       R"(operations"},{"value":"plan","name":"Plan Mode",)"
       R"("description":"Planning mode, no actual tool execution"}],)"
       R"("category":"mode","description":"Choose an approval and sandboxing )"
       R"(preset for your session"},{"id":"model","name":"Model",)"
       R"("type":"select","currentValue":"claude-opus-4-7","options":)"
       R"([{"value":"claude-opus-4-7","name":"Claude Opus 4.7",)"
       R"("description":"Context: 1,000,000 tokens"}],"category":"model",)"
       R"("description":"Choose which model Claude should use"},)"
       R"({"id":"effort","name":"Effort","type":"select",)"
       R"("currentValue":"medium","options":[{"value":"low","name":"Low"},)"
       R"({"value":"medium","name":"Medium"},{"value":"high","name":"High"},)"
       R"({"value":"xhigh","name":"Extra High"},{"value":"max",)"
       R"("name":"Max"}],"category":"thought_level","description":"Controls )"
       R"(how much effort Claude puts into its response"}])");
}

TEST_CASE("bypassing modes are offered only when bypass is allowed") {
  auto catalog = options();
  CHECK(catalog.accepts("mode", "bypassPermissions"));
  CHECK(catalog.accepts("mode", "auto"));
  CHECK_THAT(catalog.to_json(),
             Catch::Contains(R"("name":"Bypass Permissions")"));
  catalog.bypass_allowed = false;
  CHECK_FALSE(catalog.accepts("mode", "bypassPermissions"));
  CHECK_FALSE(catalog.accepts("mode", "auto"));
}

TEST_CASE("an unknown mode is shown as the default") {
  auto catalog = options();
  catalog.mode = "yolo";
  CHECK_THAT(catalog.to_json(), Catch::Contains(R"("currentValue":"default")"));
}

TEST_CASE("a model missing from the list stands first as a custom model") {
  auto catalog = options();
  catalog.model = "claude-next";
  CHECK_THAT(catalog.to_json(),
             Catch::Contains(R"("currentValue":"claude-next","options":)"
                             R"([{"value":"claude-next","name":"claude-next",)"
                             R"("description":"Custom model"},{"value":)"
                             R"("claude-opus-4-7")"));
  catalog.offered = nullptr;
  CHECK_THAT(catalog.to_json(),
             Catch::Contains(R"("description":"Custom model"}])"));
  CHECK_FALSE(catalog.accepts("model", "claude-opus-4-7"));
}

TEST_CASE("a context window that the gateway does not say is the default") {
  CHECK_THAT(options().to_json(),
             Catch::Contains(R"("name":"Claude Sonnet 4.6",)"
                             R"("description":"Context: 200,000 tokens")"));
}

TEST_CASE("only models of the effort table have an effort") {
  auto catalog = options();
  for (const auto* model : {"claude-haiku-4-5", "unheard-of"}) {
    catalog.model = model;
    CHECK(acp::option_category(catalog.to_json(), "effort") == std::nullopt);
    CHECK(describe(catalog.set("effort", "low"))
          == "Unknown config option: effort");
  }
}

TEST_CASE("options are set to canonical values") {
  auto catalog = options();
  CHECK_FALSE(catalog.set("mode", "acceptEdits"));
  CHECK(catalog.mode == "acceptEdits");
  CHECK_FALSE(catalog.set("effort", "max"));
  CHECK(catalog.effort == "max");
  CHECK_FALSE(catalog.set("model", "Haiku"));
  CHECK(catalog.model == "claude-haiku-4-5");
}

TEST_CASE("only models go by aliases") {
  auto catalog = options();
  CHECK(catalog.accepts("model", "opus"));
  CHECK_FALSE(catalog.accepts("mode", "Plan"));
}

TEST_CASE("a wrong option or value is refused with the contract's text") {
  auto catalog = options();
  const auto unknown = catalog.set("color", "red");
  CHECK(code_of(unknown) == ec::invalid_params);
  CHECK(describe(unknown) == "Unknown config option: color");
  CHECK(describe(catalog.set("mode", "yolo"))
        == "Invalid value for config option mode: yolo");
  CHECK(describe(catalog.set("effort", ""))
        == "Invalid value for config option effort: ");
  CHECK(catalog.mode == "plan");
}

TEST_CASE("a model change keeps a valid effort, and else takes high") {
  auto catalog = options();
  catalog.effort = "low";
  REQUIRE_FALSE(catalog.set("model", "claude-sonnet-4-6"));
  CHECK(catalog.effort == "low");
  catalog.effort = "xhigh";
  REQUIRE_FALSE(catalog.set("model", "claude-sonnet-4-6"));
  CHECK(catalog.effort == "high");
  REQUIRE_FALSE(catalog.set("model", "claude-haiku-4-5"));
  CHECK(catalog.effort.empty());
}

TEST_CASE("the first model is the settings', the environment's, the default") {
  const model_list none;
  CHECK(initial_claude_model("claude-a", "claude-b", none) == "claude-a");
  CHECK(initial_claude_model("", "claude-b", none) == "claude-b");
  CHECK(initial_claude_model("", "", none) == "claude-opus-4-7");
}

TEST_CASE("a foreign model gives way to the default") {
  CHECK(initial_claude_model("", "gpt-5.4", nullptr) == "claude-opus-4-7");
  CHECK(initial_claude_model("", "gpt-5.4", list({{"gpt-5.4", "openai", 0}}))
        == "claude-opus-4-7");
  CHECK(initial_claude_model("", "own", list({{"own", "anthropic", 0}}))
        == "own");
}

TEST_CASE("blocked and foreign models of the catalogue are not offered") {
  auto catalog = options();
  catalog.offered = list({{"gpt-5.4", "openai", 0},
                          {"gpt-5-mini", "anthropic", 0},
                          {"claude-opus-4-7", "anthropic", 0}});
  CHECK_FALSE(catalog.accepts("model", "gpt-5.4"));
  CHECK_FALSE(catalog.accepts("model", "gpt-5-mini"));
  CHECK(catalog.accepts("model", "claude-opus-4-7"));
}

TEST_CASE("a short name in the settings stands for a whole id") {
  CHECK(initial_claude_model("sonnet", "", nullptr) == "claude-sonnet-4-6");
  CHECK(initial_claude_model("Opus[1m]", "", nullptr) == "claude-opus-4-7");
  CHECK(initial_claude_model("haiku", "claude-b", nullptr)
        == "claude-haiku-4-5");
}
