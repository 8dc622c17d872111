#include "messages/redact.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

TEST_CASE("every occurrence of every secret is cut out") {
  const std::vector<secret> secrets{secret{"key"}, secret{"pass"}, secret{}};
  CHECK(redacted("keykey a pass b", secrets)
        == "[redacted][redacted] a [redacted] b");
  CHECK(redacted("nothing here", secrets) == "nothing here");
}

TEST_CASE("a secret that stands in the mark itself ends the search") {
  CHECK(redacted("red", {secret{"red"}}) == "[redacted]");
}

TEST_CASE("secrets are hidden in the form that they have in JSON") {
  const auto hidden =
    hidden_in_json({secret{"pass\"word\n"}, secret{"plain-token"}});
  CHECK(redacted(R"({"a":"pass\"word\n","b":"plain-token"})", hidden)
        == R"({"a":"[redacted]","b":"[redacted]"})");
}

TEST_CASE("what is found in innocent places is not hidden") {
  CHECK(
    hidden_in_json({secret{"true"}, secret{"1234567890"}, secret{}}).empty());
}
