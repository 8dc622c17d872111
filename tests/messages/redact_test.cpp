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
