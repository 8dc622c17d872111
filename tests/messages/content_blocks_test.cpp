#include "messages/wire/content_blocks.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

TEST_CASE("a file is a resource link with what is known of it") {
  attachment file;
  file.name = "a \"b\".png";
  CHECK(file_link_block(file, "/w/a.png")
        == R"({"type":"resource_link","uri":"file:///w/a.png",)"
           R"("name":"a \"b\".png"})");
  file.content_type = "image/png";
  file.size = 12;
  CHECK(file_link_block(file, "/w/a.png")
        == R"({"type":"resource_link","uri":"file:///w/a.png",)"
           R"("name":"a \"b\".png","mimeType":"image/png","size":12})");
}

TEST_CASE("a path stays a path in its URI") {
  attachment file;
  CHECK(file_link_block(file, "/my dir/100%/ä")
          .find(R"("uri":"file:///my%20dir/100%25/%C3%A4")")
        != std::string::npos);
}

TEST_CASE("several lists of blocks become one") {
  CHECK(joined_blocks({R"([{"a":[1]}])", "", "[]", R"([{"b":2},{"c":3}])"})
        == R"([{"a":[1]},{"b":2},{"c":3}])");
  CHECK(joined_blocks({"", "[]"}).empty());
}
