#include "http/jwt.hpp"

#include "actors/io/libraries.hpp"
#include "signing_key.hpp"

#include <asio/io_context.hpp>
#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::tests;

namespace {

struct fixture {
  fixture() {
    libraries.start();
    io.run();
    REQUIRE(libraries.crypto() != nullptr);
  }

  admission check(const std::string& token) {
    return jwt_verifier{*libraries.crypto(), key().public_pem()}.check(
      token, 1'700'000'000);
  }

  static const signing_key& key() {
    static const signing_key made;
    return made;
  }

  asio::io_context io;
  library_loader libraries{io};
};

std::string outcome(const admission& verdict) {
  return verdict.granted ? "granted to " + verdict.run_id
                         : verdict.code + ": " + verdict.error;
}

const std::string wrong = "invalid_signature: Invalid signature";

} // namespace

TEST_CASE_METHOD(fixture, "a token signed with our key names its run") {
  CHECK(outcome(check(key().token(good_claims("run-7"))))
        == "granted to run-7");
}

TEST_CASE_METHOD(fixture, "a token past its time is expired") {
  CHECK(outcome(check(key().token(good_claims("r", "1700000000"))))
        == "expired: Token expired");
}

TEST_CASE_METHOD(fixture, "a token signed with another key is refused") {
  const signing_key other;
  CHECK(outcome(check(other.token(good_claims()))) == wrong);
}

TEST_CASE_METHOD(fixture, "a token whose claims were changed is refused") {
  const auto token = key().token(good_claims("mine"));
  const auto head = token.substr(0, token.find('.') + 1);
  const auto tail = token.substr(token.rfind('.'));
  CHECK(
    outcome(check(head + signing_key::base64url(good_claims("theirs")) + tail))
    == wrong);
}

TEST_CASE_METHOD(fixture, "a token of another algorithm is refused") {
  for (const auto* header :
       {R"({"alg":"none"})", R"({"alg":"HS256"})", R"({"alg":"RS384"})",
        R"({"alg":"PS256"})", R"({})", "nonsense"})
    CHECK(outcome(check(key().token(good_claims(), header))) == wrong);
}

TEST_CASE_METHOD(fixture, "a token without a signature is refused") {
  const auto token = key().token(good_claims(), R"({"alg":"none"})");
  CHECK(outcome(check(token.substr(0, token.rfind('.') + 1))) == wrong);
}

TEST_CASE_METHOD(fixture, "what is no token at all is refused") {
  const auto token = key().token(good_claims());
  for (const auto& text :
       {std::string{}, std::string{"."}, std::string{".."}, std::string{"a.b"},
        token + ".", token + "=", token + "*", "." + token})
    CHECK(outcome(check(text)) == wrong);
}

TEST_CASE_METHOD(fixture, "a token for another audience is refused") {
  auto claims = good_claims();
  claims.replace(claims.find("sandbox_connection"), 18, "sandbox_event_inge");
  CHECK(outcome(check(key().token(claims))) == wrong);
}

TEST_CASE_METHOD(fixture, "a token that lacks a claim says which") {
  const auto verdict = check(
    key().token(R"({"aud":"posthog:sandbox_connection","exp":4102444800})"));
  CHECK(verdict.code == "invalid_token");
  CHECK(verdict.error.rfind("Missing required fields: ", 0) == 0);
  CHECK(verdict.error.find("run_id") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a key that is no PEM is named") {
  const jwt_verifier verifier{*libraries.crypto(), "ssh-rsa AAAA"};
  CHECK(verifier.key_problem().find("JWT_PUBLIC_KEY") != std::string::npos);
  CHECK(outcome(verifier.check(key().token(good_claims()), 0)) == wrong);
}

TEST_CASE_METHOD(fixture, "a key that is not RSA is named") {
  const signing_key curve{"EC"};
  const jwt_verifier verifier{*libraries.crypto(), curve.public_pem()};
  CHECK(verifier.key_problem().find("RSA") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a good key has no problem") {
  const jwt_verifier verifier{*libraries.crypto(), key().public_pem()};
  CHECK(verifier.key_problem().empty());
}

TEST_CASE("base64url has one spelling for each text") {
  std::string bytes;
  CHECK((decode_base64url("", bytes) && bytes.empty()));
  CHECK((decode_base64url("YQ", bytes) && bytes == "a"));
  CHECK((decode_base64url("YWI", bytes) && bytes == "ab"));
  CHECK((decode_base64url("_-8", bytes) && bytes == "\xff\xef"));
  CHECK_FALSE(decode_base64url("YR", bytes));
  CHECK_FALSE(decode_base64url("Y", bytes));
  CHECK_FALSE(decode_base64url("YQ==", bytes));
  CHECK_FALSE(decode_base64url("Y+", bytes));
}
