#include "messages/wire/jwt_claims.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

constexpr double now = 1'000.9;

/// A good payload with `changes` at its end, where they count.
std::string payload(std::string_view changes = "") {
  std::string text =
    R"({"run_id":"r","task_id":"t","team_id":1,"user_id":0,)"
    R"("distinct_id":"d","aud":"posthog:sandbox_connection","exp":2000)";
  if (!changes.empty())
    text += ',';
  return text.append(changes) + '}';
}

std::string without(std::string_view claim) {
  auto text = payload();
  const auto begin = text.find('"' + std::string{claim} + '"');
  const auto end = text.find_first_of(",}", begin);
  if (text[end] == ',')
    text.erase(begin, end - begin + 1);
  else
    text.erase(begin - 1, end - begin + 1);
  return text;
}

jwt_verdict verdict(std::string_view changes) {
  return check_claims(payload(changes), now).verdict;
}

} // namespace

TEST_CASE("a caller's token is accepted") {
  const auto check = check_claims(payload(), now);
  CHECK(check.verdict == jwt_verdict::ok);
  CHECK(check.claims.run_id == "r");
  CHECK(check.claims.task_id == "t");
  CHECK_FALSE(check.claims.background);
  CHECK(check_claims(payload(R"("mode":"background")"), now).claims.background);
}

TEST_CASE("an expiry of now is expired, and may be fractional") {
  CHECK(verdict(R"("exp":1000)") == jwt_verdict::expired);
  CHECK(verdict(R"("exp":1000.5)") == jwt_verdict::ok);
  CHECK(verdict(R"("exp":999.5)") == jwt_verdict::expired);
}

TEST_CASE("a future iat is accepted, a future nbf is not") {
  CHECK(verdict(R"("iat":5000)") == jwt_verdict::ok);
  CHECK(verdict(R"("nbf":1000)") == jwt_verdict::ok);
  CHECK(verdict(R"("nbf":1001)") == jwt_verdict::bad_signature);
  CHECK(verdict(R"("nbf":"1")") == jwt_verdict::bad_signature);
}

TEST_CASE("an expiry that is no number counts as a bad signature") {
  CHECK(verdict(R"("exp":"2000")") == jwt_verdict::bad_signature);
  CHECK(verdict(R"("exp":null)") == jwt_verdict::bad_signature);
}

TEST_CASE("a wrong or missing audience counts as a bad signature") {
  CHECK(verdict(R"("aud":"posthog:sandbox_event_ingest")")
        == jwt_verdict::bad_signature);
  CHECK(verdict(R"("aud":[])") == jwt_verdict::bad_signature);
  CHECK(verdict(R"("aud":null)") == jwt_verdict::bad_signature);
  CHECK(check_claims(without("aud"), now).verdict
        == jwt_verdict::bad_signature);
}

TEST_CASE("an array of audiences passes the signature but not the shape") {
  const auto check =
    check_claims(payload(R"("aud":["x","posthog:sandbox_connection"])"), now);
  CHECK(check.verdict == jwt_verdict::missing_fields);
  CHECK_THAT(check.issues, Catch::Contains("expected string, received array"));
}

TEST_CASE("a missing claim is listed as the caller knows it") {
  const auto check = check_claims(without("run_id"), now);
  CHECK(check.verdict == jwt_verdict::missing_fields);
  CHECK(check.issues
        == "[\n"
           "  {\n"
           "    \"expected\": \"string\",\n"
           "    \"code\": \"invalid_type\",\n"
           "    \"path\": [\n"
           "      \"run_id\"\n"
           "    ],\n"
           "    \"message\": \"Invalid input: expected string, received "
           "undefined\"\n"
           "  }\n"
           "]");
}

TEST_CASE("every required claim is required") {
  for (const auto* claim :
       {"run_id", "task_id", "team_id", "user_id", "distinct_id", "exp"}) {
    INFO(claim);
    const auto check = check_claims(without(claim), now);
    CHECK(check.verdict == jwt_verdict::missing_fields);
    CHECK_THAT(check.issues, Catch::Contains('"' + std::string{claim} + '"'));
  }
}

TEST_CASE("several issues are listed together") {
  const auto check = check_claims(payload(R"("team_id":"1","mode":"x")"), now);
  CHECK_THAT(check.issues,
             Catch::Contains("\n  },\n  {\n    \"code\": \"invalid_value\""));
}

TEST_CASE("a mode other than the two is refused, null too") {
  CHECK(verdict(R"("mode":"interactive")") == jwt_verdict::ok);
  CHECK(verdict(R"("mode":null)") == jwt_verdict::missing_fields);
  CHECK(verdict(R"("mode":"other")") == jwt_verdict::missing_fields);
  CHECK(verdict(R"("iat":null)") == jwt_verdict::missing_fields);
}

TEST_CASE("expiry is told before a missing claim or a wrong audience") {
  CHECK(verdict(R"("exp":1,"run_id":7)") == jwt_verdict::expired);
  CHECK(verdict(R"("exp":1,"aud":"x")") == jwt_verdict::expired);
}

TEST_CASE("a payload that is no JSON object counts as a bad signature") {
  for (const auto* text : {"", "x", "null", "[]", "\"s\"", "{"}) {
    INFO(text);
    CHECK(check_claims(text, now).verdict == jwt_verdict::bad_signature);
  }
}

TEST_CASE("only RS256 is RS256") {
  CHECK(is_rs256(R"({"alg":"RS256","typ":"JWT","kid":"k"})"));
  for (const auto* header :
       {R"({"alg":"none"})", R"({"alg":"HS256"})", R"({"alg":"RS384"})",
        R"({"alg":"rs256"})", "{}", "", R"({"alg":["RS256"]})"})
    CHECK_FALSE(is_rs256(header));
}
