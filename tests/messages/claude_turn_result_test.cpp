#include "claude_transcript.hpp"

using namespace agent_server::claude;

namespace {

turn_result result(std::string_view members) {
  return read_turn_result(
    parse_frame(R"({"type":"result",)" + std::string{members} + "}"));
}

std::vector<turn_result> results(const std::string& version,
                                 const std::string& scenario) {
  std::vector<turn_result> out;
  for (const auto& f : transcript::frames(version, scenario))
    if (f.kind == frame_kind::result)
      out.push_back(read_turn_result(f));
  return out;
}

} // namespace

TEST_CASE("a turn that ends well gives its stop reason and its usage") {
  for (const auto& version : transcript::versions) {
    const auto ended = results(version, "plain_text").at(0);
    CHECK(ended.stop_reason == "end_turn");
    CHECK(ended.error.empty());
    CHECK(ended.classification.empty());
    CHECK_FALSE(ended.interrupted);
    CHECK(ended.structured_output.empty());
    CHECK(ended.usage
          == R"({"inputTokens":1000,"outputTokens":20,"cachedReadTokens":200,)"
             R"("cachedWriteTokens":30,"totalTokens":1250})");
  }
}

TEST_CASE("limits and refusals have stop reasons of their own") {
  CHECK(result(R"("subtype":"success","stop_reason":"max_tokens")").stop_reason
        == "max_tokens");
  CHECK(result(R"("subtype":"success","is_error":true,"stop_reason":"refusal")")
          .stop_reason
        == "refusal");
  for (const auto* subtype : {"error_max_turns", "error_max_budget_usd",
                              "error_max_structured_output_retries"})
    CHECK(
      result(R"("is_error":false,"subtype":")" + std::string{subtype} + "\"")
        .stop_reason
      == "max_turn_requests");
}

TEST_CASE("a limit that is an error fails the turn with the CLI's words") {
  const auto ended = results("2.1.112", "structured_output_missing").at(0);
  CHECK(ended.stop_reason.empty());
  CHECK(ended.error == "Reached maximum number of turns (3)");
  CHECK(ended.classification == "agent_error");
}

TEST_CASE("failures of the API come as success, and fail the turn") {
  for (const auto& version : transcript::versions)
    for (const auto* status : {"401", "500", "429"}) {
      CAPTURE(version, status);
      int found = 0;
      for (const auto& ended : results(version, "failures"))
        if (transcript::contains(ended.error, status)) {
          ++found;
          CHECK(ended.stop_reason.empty());
          CHECK(ended.classification == "agent_error");
        }
      CHECK(found == 1);
    }
}

TEST_CASE("a stream that breaks off has its class") {
  CHECK(results("2.1.112", "lost_stream").at(0).classification
        == "upstream_stream_terminated");
  CHECK(result(R"("subtype":"success","is_error":true,)"
               R"("result":"API Error: Connection lost mid-response. The )"
               R"(response above may be incomplete.")")
          .classification
        == "upstream_stream_terminated");
}

TEST_CASE("a connection that cannot be made has its class") {
  for (const auto* text :
       {"API Error: Connection error.",
        "API Error: Unable to connect to API. Check your connection",
        "API Error: Connection refused (ECONNREFUSED)"})
    CHECK(result(R"("subtype":"success","is_error":true,"result":")"
                 + std::string{text} + "\"")
            .classification
          == "upstream_connection_error");
  CHECK(results("2.1.331", "lost_stream").at(0).classification
        == "upstream_connection_error");
}

TEST_CASE("a CLI that wants a login says so") {
  const auto ended = result(R"("subtype":"success","is_error":true,)"
                            R"("result":"Not signed in. Please run /login")");
  CHECK(ended.classification == "auth_required");
  CHECK(ended.stop_reason.empty());
  CHECK(result(R"("subtype":"success","is_error":false,)"
               R"("result":"Tell them: Please run /login")")
          .stop_reason
        == "end_turn");
}

TEST_CASE("an interrupted turn is told apart from a failed one") {
  for (const auto& version : transcript::versions)
    for (const auto* scenario : {"cancel", "cancel_while_asked"}) {
      const auto ended = results(version, scenario).at(0);
      CHECK(ended.interrupted);
    }
  const auto failed = result(R"("subtype":"error_during_execution",)"
                             R"("is_error":true,"errors":["a","b"])");
  CHECK_FALSE(failed.interrupted);
  CHECK(failed.error == "a, b");
}

TEST_CASE("a failure without words is named after its subtype") {
  CHECK(result(R"("subtype":"error_new","is_error":true)").error
        == "error_new");
}

TEST_CASE("structured output is given as JSON") {
  for (const auto& version : transcript::versions)
    CHECK(results(version, "structured_output").at(0).structured_output
          == R"({"count":3})");
  CHECK(result(R"("subtype":"success","structured_output":null)")
          .structured_output.empty());
}

TEST_CASE("output that is missing is no failure to a newer CLI") {
  const auto ended = results("2.1.331", "structured_output_missing").at(0);
  CHECK(ended.stop_reason == "end_turn");
  CHECK(ended.structured_output.empty());
}
