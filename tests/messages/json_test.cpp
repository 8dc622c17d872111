#include "messages/wire/json_reader.hpp"
#include "messages/wire/json_writer.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  json::append_quoted(out, text);
  return out;
}

} // namespace

TEST_CASE("control characters and quotes are escaped") {
  CHECK(quoted("a\"b\\c\n\t\x01") == R"("a\"b\\c\n\t\u0001")");
}

TEST_CASE("valid UTF-8 passes unchanged") {
  CHECK(quoted("ä€😀") == "\"ä€😀\"");
}

TEST_CASE("bytes that are not UTF-8 become the replacement character") {
  const std::string mark = "\xEF\xBF\xBD";
  CHECK(quoted("a\xFFz") == "\"a" + mark + "z\"");
  // Overlong, surrogate, truncated at the end.
  CHECK(quoted("\xC0\x80") == '"' + mark + mark + '"');
  CHECK(quoted("\xED\xA0\x80") == '"' + mark + mark + mark + '"');
  CHECK(quoted("x\xE2\x82") == "\"x" + mark + mark + '"');
}

TEST_CASE("every quoted byte string parses again") {
  for (int first = 0; first < 256; ++first)
    for (int second = 0; second < 256; ++second) {
      const std::string bytes{static_cast<char>(first),
                              static_cast<char>(second)};
      rapidjson::Document document;
      if (!json::read(document, quoted(bytes)))
        FAIL("bytes " << first << ' ' << second);
    }
}

TEST_CASE("the writer sets commas between values and members") {
  json::writer out;
  out.open_object()
    .text("a", "x")
    .key("b")
    .open_array()
    .number(1)
    .null()
    .boolean(true)
    .open_object()
    .close_object()
    .close_array()
    .raw("c", "[2]")
    .close_object();
  CHECK(out.take() == R"({"a":"x","b":[1,null,true,{}],"c":[2]})");
}

TEST_CASE("nesting is accepted up to its bound and refused beyond it") {
  auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  rapidjson::Document document;
  CHECK(json::read(document, nested(json::max_depth)));
  rapidjson::Document deeper;
  CHECK_FALSE(json::read(deeper, nested(json::max_depth + 1)));
  rapidjson::Document unclosed;
  CHECK_FALSE(json::read(unclosed, std::string(5'000'000, '[')));
}

TEST_CASE("text after the value is refused, also behind a NUL byte") {
  rapidjson::Document document;
  CHECK(json::read(document, "{} \n"));
  rapidjson::Document second;
  CHECK_FALSE(json::read(second, "{} {}"));
  rapidjson::Document third;
  CHECK_FALSE(json::read(third, std::string_view{"{}\0{", 4}));
}

TEST_CASE("the last of duplicate keys counts") {
  rapidjson::Document document;
  REQUIRE(json::read(document, R"({"a":1,"a":"x"})"));
  CHECK(json::text_of(json::find(&document, "a")) == "x");
}

TEST_CASE("a number of the outermost object is found as it is written") {
  CHECK(json::number_text(R"({"p":{"id":9},"q":[{"id":8}],"id":-1.50e2})", "id")
        == "-1.50e2");
}
