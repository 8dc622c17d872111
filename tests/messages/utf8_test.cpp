#include "messages/utf8.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

TEST_CASE("characters are counted, not bytes") {
  CHECK(utf8::characters("") == 0);
  CHECK(utf8::characters("abc") == 3);
  CHECK(utf8::characters("aäз𝄞") == 4);
}

TEST_CASE("a text is cut between characters from either side") {
  CHECK(utf8::first("aäз𝄞", 2) == "aä");
  CHECK(utf8::last("aäз𝄞", 2) == "з𝄞");
  CHECK(utf8::first("ab", 0).empty());
  CHECK(utf8::last("ab", 0).empty());
}

TEST_CASE("a text that is short enough stays whole") {
  CHECK(utf8::first("aä", 2) == "aä");
  CHECK(utf8::last("aä", 2) == "aä");
  CHECK(utf8::last("aä", 9) == "aä");
}
