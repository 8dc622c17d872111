#include "http/access.hpp"

#include "signing_key.hpp"

#include <asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <vector>

using namespace agent_server;
using namespace agent_server::tests;

namespace {

struct fixture {
  std::string ask(access_control& access, door which,
                  const std::string& authorization, bool loopback = true) {
    std::string outcome = "no verdict yet";
    access.admit(which, authorization, loopback, [&](const admission& verdict) {
      outcome = verdict.granted ? "granted to " + verdict.run_id
                                : verdict.code + ": " + verdict.error;
    });
    io.restart();
    io.run();
    return outcome;
  }

  static const signing_key& key() {
    static const signing_key made;
    return made;
  }

  asio::io_context io;
  library_loader libraries{io};
  access_control cloud{libraries, key().public_pem(), "", "read-token",
                       "run-1"};
  access_control local{libraries, "", "all-token", "read-token", "run-1"};
};

} // namespace

TEST_CASE_METHOD(fixture,
                 "a header that does not begin with Bearer is missing") {
  for (const auto* header : {"", "bearer x", "Bearer", "Basic x", " Bearer x"})
    CHECK(ask(cloud, door::events, header)
          == "invalid_token: Missing authorization header");
}

TEST_CASE_METHOD(
  fixture, "a token that comes before libcrypto is loaded is not refused") {
  std::vector<std::string> runs;
  cloud.admit(
    door::events, "Bearer " + key().token(good_claims()), false,
    [&](const admission& verdict) { runs.push_back(verdict.run_id); });
  CHECK(runs.empty());
  libraries.start();
  io.run();
  CHECK(runs == std::vector<std::string>{"run-1"});
}

TEST_CASE_METHOD(fixture, "a token of another run opens no stream "
                          "(contract 19/6)") {
  libraries.start();
  const auto header = "Bearer " + key().token(good_claims("run-2"));
  CHECK(ask(cloud, door::events, header) == "invalid_token: Invalid token");
  CHECK(ask(cloud, door::boot, header) == "invalid_token: Invalid token");
}

TEST_CASE_METHOD(fixture, "a command's token keeps its run") {
  libraries.start();
  CHECK(ask(cloud, door::command, "Bearer " + key().token(good_claims("run-2")))
        == "granted to run-2");
}

TEST_CASE_METHOD(fixture, "the access token opens every door from loopback") {
  for (const auto which : {door::events, door::command, door::boot})
    CHECK(ask(local, which, "Bearer all-token") == "granted to run-1");
  CHECK(ask(local, door::events, "Bearer all-token", false)
        == "server_error: Server not configured with JWT public key");
}

TEST_CASE_METHOD(fixture,
                 "the read-only token opens /boot from loopback alone") {
  libraries.start();
  const std::string header = "Bearer read-token";
  CHECK(ask(cloud, door::boot, header) == "granted to run-1");
  CHECK(ask(cloud, door::boot, header, false)
        == "invalid_signature: Invalid signature");
  CHECK(ask(cloud, door::events, header)
        == "invalid_signature: Invalid signature");
  CHECK(ask(cloud, door::command, header)
        == "invalid_signature: Invalid signature");
}

TEST_CASE_METHOD(fixture, "an empty token is no secret") {
  access_control open{libraries, "", "", "", "run-1"};
  CHECK(ask(open, door::boot, "Bearer ")
        == "server_error: Server not configured with JWT public key");
}

TEST_CASE_METHOD(fixture, "a bad key is told once libcrypto is there") {
  access_control bad{libraries, "not a key", "", "", "run-1"};
  std::string problem = "not told";
  bad.check_key([&](std::string text) { problem = std::move(text); });
  CHECK(problem == "not told");
  libraries.start();
  io.run();
  CHECK(problem.find("JWT_PUBLIC_KEY") != std::string::npos);
}

TEST_CASE("without libcrypto tokens are refused with the reason") {
  asio::io_context io;
  library_names names;
  names.crypto = "libmissing-crypto.so";
  library_loader libraries{io, names};
  access_control access{libraries, "a key", "", "", "run-1"};
  admission verdict;
  access.admit(door::command, "Bearer x", true,
               [&](const admission& given) { verdict = given; });
  libraries.start();
  io.run();
  CHECK_FALSE(verdict.granted);
  CHECK(verdict.code == "server_error");
  CHECK(verdict.error.find("libmissing-crypto.so") != std::string::npos);
}

TEST_CASE("secrets are the same only when every byte is") {
  CHECK(same_secret("abc", "abc"));
  CHECK_FALSE(same_secret("abc", "abd"));
  CHECK_FALSE(same_secret("ab", "abc"));
  CHECK_FALSE(same_secret("", ""));
}
