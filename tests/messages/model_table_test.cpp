#include "messages/model_table.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

using efforts = std::vector<std::string_view>;

const std::vector<std::pair<std::string, std::string>> claude_models{
  {"claude-haiku-4-5", "Claude Haiku 4.5"},
  {"claude-opus-4-6", "Claude Opus 4.6"},
  {"claude-opus-4-7", "Claude Opus 4.7"},
  {"claude-sonnet-4-6", "Claude Sonnet 4.6"},
};

} // namespace

TEST_CASE("efforts follow the model table") {
  const efforts all{"low", "medium", "high", "xhigh", "max"};
  const efforts three{"low", "medium", "high"};
  CHECK(known_efforts("claude-opus-4-6") == all);
  CHECK(known_efforts("claude-opus-4-7") == all);
  CHECK(known_efforts("claude-opus-4-5") == three);
  CHECK(known_efforts("claude-sonnet-4-6") == three);
  CHECK(known_efforts("claude-sonnet-4-5") == efforts{});
  CHECK(known_efforts("claude-haiku-4-5") == efforts{});
  CHECK(known_efforts("claude-opus-9") == std::nullopt);
}

TEST_CASE("names are made of ids") {
  CHECK(model_display_name("claude-opus-4-7") == "Claude Opus 4.7");
  CHECK(model_display_name("anthropic/claude-haiku-4-5") == "Claude Haiku 4.5");
  CHECK(model_display_name("google-vertex/gemini_pro") == "Gemini Pro");
  CHECK(model_display_name("claude-sonnet-4-5-20250929")
        == "Claude Sonnet 4.5 20250929");
  CHECK(model_display_name("openai/gpt-5.4") == "Gpt 5.4");
}

TEST_CASE("a model is Anthropic's by its owner, else by its id") {
  CHECK(is_anthropic({"x", "anthropic", 0}));
  CHECK_FALSE(is_anthropic({"claude-x", "other", 0}));
  CHECK(is_anthropic({"claude-x", "", 0}));
  CHECK(is_anthropic({"anthropic/x", "", 0}));
  CHECK_FALSE(is_anthropic({"gpt-5", "", 0}));
}

TEST_CASE("blocked ids are never offered") {
  const std::vector<model_info> all{{"gpt-5-mini", "openai", 0},
                                    {"openai/gpt-5-mini", "", 0},
                                    {"gpt-5.4", "openai", 0},
                                    {"claude-opus-4-7", "anthropic", 0}};
  const auto any = offered_models(all, false);
  REQUIRE(any.size() == 2);
  CHECK(any[0].id == "gpt-5.4");
  const auto claude = offered_models(all, true);
  REQUIRE(claude.size() == 1);
  CHECK(claude[0].id == "claude-opus-4-7");
}

TEST_CASE("a model is found by value or name, whatever the case") {
  CHECK(resolve_model(" claude-opus-4-7 ", claude_models) == "claude-opus-4-7");
  CHECK(resolve_model("CLAUDE-OPUS-4-7", claude_models) == "claude-opus-4-7");
  CHECK(resolve_model("claude opus 4.7", claude_models) == "claude-opus-4-7");
}

TEST_CASE("a model is found by a part, the first option winning") {
  CHECK(resolve_model("opus", claude_models) == "claude-opus-4-6");
  CHECK(resolve_model("Sonnet", claude_models) == "claude-sonnet-4-6");
  CHECK(resolve_model("anthropic/claude-opus-4-7", claude_models)
        == "claude-opus-4-7");
}

TEST_CASE("a model is found by its tokens") {
  CHECK(resolve_model("best sonnet model", claude_models)
        == "claude-sonnet-4-6");
  CHECK(resolve_model("opusplan", claude_models) == "claude-opus-4-6");
}

TEST_CASE("the context hint outweighs other tokens") {
  const std::vector<std::pair<std::string, std::string>> options{
    {"sonnet-a", "Sonnet"}, {"big", "Large 1m"}};
  CHECK(resolve_model("sonnet-x[1m]", options) == "big");
}

TEST_CASE("no shared token finds no model") {
  CHECK(resolve_model("gemini", claude_models) == std::nullopt);
  CHECK(resolve_model("best default 9", claude_models) == std::nullopt);
  CHECK(resolve_model("  ", claude_models) == std::nullopt);
  CHECK(resolve_model("opus", {}) == std::nullopt);
}
