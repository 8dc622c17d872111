#include "cli/shell_words.hpp"

#include "messages/error.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using words = std::vector<std::string>;

namespace {

words split(std::string_view text) {
  auto result = split_shell_words(text, "--agentCmd");
  if (!result)
    FAIL(describe(result.error()));
  return *result;
}

std::string problem(std::string_view text) {
  const auto result = split_shell_words(text, "--agentCmd");
  REQUIRE_FALSE(result);
  CHECK(code_of(result.error()) == ec::bad_config);
  return describe(result.error());
}

} // namespace

TEST_CASE("blanks separate words, however many") {
  CHECK(split("  a\tb \n c ") == words{"a", "b", "c"});
}

TEST_CASE("single quotes keep everything as it is") {
  CHECK(split(R"('a  b' '\n"$x"')") == words{"a  b", R"(\n"$x")"});
}

TEST_CASE("double quotes let a backslash escape four characters") {
  CHECK(split(R"("a \" \\ \$ \` \n")") == words{R"(a " \ $ ` \n)"});
}

TEST_CASE("a backslash outside quotes keeps the next character") {
  CHECK(split(R"(a\ b \' \\)") == words{"a b", "'", "\\"});
}

TEST_CASE("a line can be continued") {
  CHECK(split("a\\\nb \\\n c") == words{"ab", "c"});
  CHECK(split("\"a\\\nb\"") == words{"ab"});
}

TEST_CASE("pieces that touch are one word, and empty quotes are a word") {
  CHECK(split(R"(a'b'"c" '' "")") == words{"abc", "", ""});
}

TEST_CASE("nothing is expanded") {
  CHECK(split("$HOME *.c ~ `id` a|b")
        == words{"$HOME", "*.c", "~", "`id`", "a|b"});
}

TEST_CASE("what is never closed is refused") {
  CHECK(problem("a 'b") == "--agentCmd has a ' that is never closed");
  CHECK(problem("a \"b\\\"") == "--agentCmd has a \" that is never closed");
  CHECK(problem("a \\") == "--agentCmd ends in a lone backslash");
}

TEST_CASE("a command line without a word is refused") {
  CHECK(problem("") == "--agentCmd names no command");
  CHECK(problem(" \n") == "--agentCmd names no command");
}
