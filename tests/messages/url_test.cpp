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

TEST_CASE("credentials are taken out of every URL in a text") {
  CHECK(without_credentials("https://u:p@h/o/r.git") == "https://h/o/r.git");
  CHECK(without_credentials("https://token@h/o") == "https://h/o");
  CHECK(without_credentials("see 'https://a:b@x/y' and http://c@z.")
        == "see 'https://x/y' and http://z.");
  CHECK(without_credentials("ssh://git:pw@h/o") == "ssh://git@h/o");
  CHECK(without_credentials("ssh://git@h/o") == "ssh://git@h/o");
}

TEST_CASE("what has no credentials stays as it is") {
  for (const std::string text :
       {"", "https://h/a@b", "git@github.com:o/r.git", "a@b.c", "://", "x://"})
    CHECK(without_credentials(text) == text);
}
