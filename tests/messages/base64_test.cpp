#include "messages/wire/base64.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

TEST_CASE("base64 is written and read as RFC 4648 says") {
  using pair = std::pair<std::string, std::string>;
  for (const auto& [bytes, text] :
       {pair{"", ""}, pair{"f", "Zg=="}, pair{"fo", "Zm8="},
        pair{"foo", "Zm9v"}, pair{"foob", "Zm9vYg=="},
        pair{"fooba", "Zm9vYmE="}, pair{"foobar", "Zm9vYmFy"},
        pair{std::string{"\0\xff\xfe", 3}, "AP/+"}}) {
    CHECK(base64(bytes) == text);
    CHECK(decode_base64(text) == bytes);
  }
  CHECK(decode_base64("Zm9v\r\nYg==\n") == "foob");
}

TEST_CASE("what is not base64 is not read as such") {
  for (const std::string text :
       {"Z", "Zg", "Zg=", "Zg===", "Zg==Zg==", "Zm9v=", "Zm8-", "Z g="})
    CHECK_FALSE(decode_base64(text));
}
