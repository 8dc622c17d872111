#include "messages/wire/stream_frame.hpp"

#include "messages/wire/notifications.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

event_type type_of_message(std::string message) {
  return type_of(event_frame(make_entry(std::move(message))));
}

} // namespace

TEST_CASE("an id is read as it is written") {
  CHECK(id_line({12, 34}) == "id: 12.34\n");
  const auto id = parse_event_id("12.34");
  REQUIRE(id);
  CHECK(id->epoch == 12);
  CHECK(id->seq == 34);
}

TEST_CASE("what is no id is not read as one") {
  for (const auto* text : {"", ".", "1", "1.", ".1", "1.2.3", "1.x", "-1.2",
                           " 1.2", "1.2 ", "1.99999999999999999999999"})
    CHECK_FALSE(parse_event_id(text));
}

TEST_CASE("a gap names the numbers that are gone") {
  CHECK(gap_frame(3, 9)
        == "data: {\"type\":\"gap\",\"reason\":\"evicted\",\"from\":3,"
           "\"to\":9}\n\n");
  CHECK(unknown_id_frame()
        == "data: {\"type\":\"gap\",\"reason\":\"unknown_id\"}\n\n");
}

TEST_CASE("an event's type is its method, and its kind of update") {
  auto type = type_of_message(turn_complete("s", "end_turn"));
  CHECK(type.method == "_posthog/turn_complete");
  CHECK(type.update.empty());
  type = type_of_message(current_mode_update("s", "plan"));
  CHECK(type.method == "session/update");
  CHECK(type.update == "current_mode_update");
}

TEST_CASE("the order of an agent's keys does not matter to a type") {
  const auto type = type_of_message(
    R"({"params":{"update":{"content":{"method":"x","sessionUpdate":"y"},)"
    R"("list":[{"sessionUpdate":"z"}],"sessionUpdate":"plan"}},)"
    R"("method":"session/update"})");
  CHECK(type.method == "session/update");
  CHECK(type.update == "plan");
}

TEST_CASE("a message without a method is a response") {
  const auto type = type_of_message(
    R"({"jsonrpc":"2.0","id":1,"result":{"method":"x","stopReason":"y"}})");
  CHECK(type.method == "response");
  CHECK(type.update.empty());
}

TEST_CASE("an event that is no message has its own type") {
  CHECK(type_of("data: {\"type\":\"permission_request\",\"requestId\":\"r\","
                "\"toolCall\":{\"method\":\"x\"}}\n\n")
          .method
        == "permission_request");
}

TEST_CASE("deep nesting does not exhaust the stack while a type is sought") {
  const std::string deep(1'000'000, '[');
  CHECK(type_of_message(R"({"params":)" + deep).method == "response");
}
