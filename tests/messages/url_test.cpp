#include "messages/url.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

TEST_CASE("http and https URLs with a host are accepted") {
  for (const auto* url :
       {"http://a", "HTTPS://a.b/c?d#e", "http://u:p@host:8080/x",
        "http://[::1]:3308/posthog_code", "https://host:"})
    CHECK(is_http_url(url));
}

TEST_CASE("what is no http URL is refused") {
  for (const auto* url :
       {"", "a", "ftp://a", "http://", "http:///x", "http://:80",
        "http://a:99999", "http://a:b", "http://a b", "http://[::1"})
    CHECK_FALSE(is_http_url(url));
}
