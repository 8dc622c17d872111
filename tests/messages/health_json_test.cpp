#include "messages/wire/health_json.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace std::chrono_literals;

namespace {

constexpr steady_ns ms = 1'000'000;

health_snapshot starting() {
  health_snapshot snapshot;
  snapshot.boot_id = "b";
  snapshot.exec_at = 1'000 * ms;
  snapshot.http_ready_at = 1'005 * ms;
  snapshot.phases[0] = {1'010 * ms, 1'030 * ms, 20s, {}};
  snapshot.phases[1] = {1'002 * ms, 0, 60s, {}};
  return snapshot;
}

} // namespace

TEST_CASE("a starting boot says what it waits for") {
  auto snapshot = starting();
  snapshot.launcher_to_process_ms = 7;
  CHECK(health_json(snapshot, 1'100 * ms + 400'000)
        == R"({"status":"ok","hasSession":false,"readiness":"starting",)"
           R"("bootMs":100,"sessionInitMs":90,"boot":{"contractVersion":1,)"
           R"("bootId":"b","state":"starting","currentPhase":"acp_initialize",)"
           R"("totalMs":100,"httpReadyMs":5,"launcherToProcessMs":7,)"
           R"("phasesMs":{"context_fetch":20,"acp_initialize":98,)"
           R"("repository_ready":0,"session_dependencies":0,)"
           R"("session_create":0}},"capabilities":[],"waitingFor":)"
           R"({"phase":"acp_initialize","sinceMs":98,"deadlineMs":60000}})");
}

TEST_CASE("the first running phase is the current one, with its retries") {
  auto snapshot = starting();
  snapshot.phases[0].ended = 0;
  snapshot.phases[0].retrying = "GET run: \"503\"";
  const auto body = health_json(snapshot, 1'100 * ms);
  CHECK_THAT(body, Catch::Contains(R"("currentPhase":"context_fetch")"));
  CHECK_THAT(body, Catch::EndsWith(
                     R"("waitingFor":{"phase":"context_fetch","sinceMs":90,)"
                     R"("deadlineMs":20000,"retrying":"GET run: \"503\""}})"));
}

TEST_CASE("a ready boot no longer ages") {
  auto snapshot = starting();
  snapshot.state = readiness::ready;
  snapshot.phases[1].ended = 1'040 * ms;
  snapshot.ended_at = 1'050 * ms + 500'000;
  const auto body = health_json(snapshot, 9'000 * ms);
  CHECK(body == health_json(snapshot, 10'000 * ms));
  CHECK_THAT(body, Catch::StartsWith(
                     R"({"status":"ok","hasSession":true,"readiness":"ready",)"
                     R"("bootMs":51,"sessionInitMs":41,)"));
  CHECK_THAT(body, !Catch::Contains("currentPhase"));
  CHECK_THAT(body, !Catch::Contains("waitingFor"));
}

TEST_CASE("a failed boot is still served as ok, and names its failure") {
  auto snapshot = starting();
  snapshot.state = readiness::failed;
  snapshot.ended_at = 1'060 * ms;
  snapshot.failed_phase = boot_phase::acp_initialize;
  snapshot.failure_class = ec::agent_crashed;
  snapshot.failure = "exited\nwith \xFF";
  const auto body = health_json(snapshot, 2'000 * ms);
  CHECK_THAT(body, Catch::StartsWith(R"({"status":"ok","hasSession":false,)"
                                     R"("readiness":"failed","bootMs":60,)"));
  CHECK_THAT(body, Catch::Contains(R"("failedPhase":"acp_initialize")"));
  CHECK_THAT(body, Catch::Contains(R"("acp_initialize":58,)"));
  CHECK_THAT(body,
             Catch::EndsWith(R"("failureClass":"agent_crashed",)"
                             "\"failure\":\"exited\\nwith \xEF\xBF\xBD\"}"));
}

TEST_CASE("a closed session is ready without a session") {
  auto snapshot = starting();
  snapshot.state = readiness::closed;
  snapshot.ended_at = 1'060 * ms;
  CHECK_THAT(health_json(snapshot, 2'000 * ms),
             Catch::StartsWith(
               R"({"status":"ok","hasSession":false,"readiness":"ready",)"));
}

TEST_CASE("before anything is known every time is 0") {
  const auto body = health_json(health_snapshot{}, 5'000 * ms);
  CHECK_THAT(body, Catch::Contains(R"("bootMs":0,"sessionInitMs":0,)"));
  CHECK_THAT(body, !Catch::Contains("httpReadyMs"));
  CHECK_THAT(body, !Catch::Contains("waitingFor"));
}
