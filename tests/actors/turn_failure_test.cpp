#include "actors/turn_failure.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace agent_server;

TEST_CASE("failures of the model API are told by their class") {
  const auto cut = classify_failure("Internal error: API Error:  terminated");
  CHECK(std::string{cut.classification} == "upstream_stream_terminated");
  CHECK(cut.message == "Upstream LLM stream terminated");
  const auto lost = classify_failure("API Error: Connection error.");
  CHECK(std::string{lost.classification} == "upstream_connection_error");
  CHECK(lost.message == "Upstream LLM connection error");
}

TEST_CASE("other failures keep the agent's words") {
  const auto other = classify_failure("API Error: 529 overloaded");
  CHECK(std::string{other.classification} == "agent_error");
  CHECK(other.message == "API Error: 529 overloaded");
  CHECK(classify_failure("").message == "Agent error");
}
