#include "messages/wire/notifications.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace std::chrono;

namespace {

system_clock::time_point at_ms(std::int64_t since_epoch) {
  return system_clock::time_point{milliseconds{since_epoch}};
}

} // namespace

TEST_CASE("timestamps are UTC in ISO 8601 with milliseconds") {
  CHECK(iso_timestamp(at_ms(0)) == "1970-01-01T00:00:00.000Z");
  CHECK(iso_timestamp(at_ms(1'778'148'000'123)) == "2026-05-07T10:00:00.123Z");
  CHECK(iso_timestamp(at_ms(951'868'799'999)) == "2000-02-29T23:59:59.999Z");
  // What is below a millisecond is cut off, not rounded.
  CHECK(iso_timestamp(at_ms(5) + microseconds{999})
        == "1970-01-01T00:00:00.005Z");
}

TEST_CASE("server-made notifications have the contract's bytes") {
  CHECK(run_started("s", "r", "t", "0.1")
        == R"({"jsonrpc":"2.0","method":"_posthog/run_started","params":)"
           R"({"sessionId":"s","runId":"r","taskId":"t",)"
           R"("agentVersion":"0.1"}})");
  CHECK(turn_complete("s", "end_turn")
        == R"({"jsonrpc":"2.0","method":"_posthog/turn_complete","params":)"
           R"({"sessionId":"s","stopReason":"end_turn"}})");
  CHECK(sdk_session("r", "s", "claude")
        == R"({"jsonrpc":"2.0","method":"_posthog/sdk_session","params":)"
           R"({"taskRunId":"r","sessionId":"s","adapter":"claude"}})");
  CHECK(console("error", "a\"b")
        == R"({"jsonrpc":"2.0","method":"_posthog/console","params":)"
           R"({"level":"error","message":"a\"b"}})");
  CHECK(config_option_update("s", "[1]")
        == R"({"jsonrpc":"2.0","method":"session/update","params":)"
           R"({"sessionId":"s","update":{"sessionUpdate":)"
           R"("config_option_update","configOptions":[1]}}})");
  CHECK(current_mode_update("s", "plan")
        == R"({"jsonrpc":"2.0","method":"session/update","params":)"
           R"({"sessionId":"s","update":{"sessionUpdate":)"
           R"("current_mode_update","currentModeId":"plan"}}})");
}

TEST_CASE("a coalesced message carries no session id") {
  CHECK(agent_message("Hi")
        == R"({"jsonrpc":"2.0","method":"session/update","params":{"update":)"
           R"({"sessionUpdate":"agent_message","content":)"
           R"({"type":"text","text":"Hi"}}}})");
}

TEST_CASE("frame and log entry agree, time included (weakness 8)") {
  journal_entry entry;
  entry.at = at_ms(1'778'148'000'123);
  entry.notification = std::make_shared<const std::string>(R"({"a":1})");
  CHECK(log_entry(entry)
        == R"({"type":"notification","timestamp":"2026-05-07T10:00:00.123Z",)"
           R"("notification":{"a":1}})");
  CHECK(event_frame(entry) == "data: " + log_entry(entry) + "\n\n");
}

TEST_CASE("a client is greeted with the run's id") {
  CHECK(connected_frame("r")
        == "data: {\"type\":\"connected\",\"run_id\":\"r\"}\n\n");
}

TEST_CASE("an entry of now holds its notification") {
  const auto before = system_clock::now();
  const auto entry = make_entry("{}");
  CHECK(*entry.notification == "{}");
  CHECK(entry.at >= before);
  CHECK(entry.kind == journal_kind::other);
}

TEST_CASE("a log entry that comes again is marked once") {
  const auto entry = log_entry({at_ms(0),
                                std::make_shared<const std::string>("{}"),
                                journal_kind::other,
                                {}});
  const auto marked = redelivered(entry);
  CHECK(marked
        == R"({"type":"notification","timestamp":"1970-01-01T00:00:00.000Z",)"
           R"("notification":{},"redelivered":true})");
  CHECK(redelivered(marked) == marked);
}
