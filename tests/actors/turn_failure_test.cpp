#include "actors/turn_failure.hpp"

#include "messages/error.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace agent_server;

namespace {

turn_failure classify(std::string text, ec code = ec::agent_error) {
  return classify_failure(make_failure(code, std::move(text)));
}

} // namespace

TEST_CASE("failures of the model API are told by their class") {
  const auto cut = classify("Internal error: API Error:  terminated");
  CHECK(std::string{cut.classification} == "upstream_stream_terminated");
  CHECK(cut.message == "Upstream LLM stream terminated");
  const auto lost = classify("API Error: Connection error.");
  CHECK(std::string{lost.classification} == "upstream_connection_error");
  CHECK(lost.message == "Upstream LLM connection error");
}

TEST_CASE("other failures keep the agent's words") {
  const auto other = classify("API Error: 529 overloaded");
  CHECK(std::string{other.classification} == "agent_error");
  CHECK(other.message == "API Error: 529 overloaded");
  CHECK(classify("").message == "Agent error");
}

TEST_CASE("an agent's own class goes before its words") {
  const auto cut = classify("API Error: Connection error.",
                            failure_code("upstream_stream_terminated"));
  CHECK(cut.message == "Upstream LLM stream terminated");
  CHECK(failure_code("upstream_connection_error")
        == ec::upstream_connection_error);
  CHECK(failure_code("anything else") == ec::agent_error);
}
