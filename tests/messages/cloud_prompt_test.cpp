#include "messages/wire/cloud_prompt.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

TEST_CASE("plain text becomes one trimmed text block") {
  CHECK(decode_cloud_prompt("  fix \"it\" \n")
        == R"([{"type":"text","text":"fix \"it\""}])");
}

TEST_CASE("nothing to say gives no blocks") {
  CHECK(decode_cloud_prompt("").empty());
  CHECK(decode_cloud_prompt(" \n\t").empty());
}

TEST_CASE("blocks behind the prefix are taken verbatim") {
  CHECK(decode_cloud_prompt(
          R"( __twig_cloud_prompt_v1__:{"blocks":[{"type":"text","text":"a"},)"
          R"( {"type":"x"}]})")
        == R"([{"type":"text","text":"a"},{"type":"x"}])");
}

TEST_CASE("a malformed or empty block list is taken as text") {
  for (const std::string rest :
       {"", "{", "{}", R"({"blocks":[]})", R"({"blocks":{}})", "[1]"}) {
    INFO(rest);
    const auto text = "__twig_cloud_prompt_v1__:" + rest;
    CHECK(decode_cloud_prompt(text) == text_blocks(text));
  }
}
