#include "cli/waterfall.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace agent_server;

namespace {

constexpr std::int64_t ms = 1'000'000;

boot_report small_boot() {
  boot_report report;
  report.complete = true;
  report.total = 100 * ms;
  report.own_share = {10 * ms, 5 * ms, 5 * ms};
  report.boxes = {
    {"process start", 0, 10 * ms, "ok", {}, true, 0},
    {"GET task", 10 * ms, 50 * ms, "ok", {}, false, 45 * ms},
    {"agent: initialize", 10 * ms, 95 * ms, "ok", {}, true, 0},
    {"GET models", 50 * ms, std::nullopt, "open", {}, false, std::nullopt},
  };
  return report;
}

} // namespace

TEST_CASE("a waterfall has a line a box, then total and own share") {
  CHECK(waterfall(small_boot(), 60, false)
        == R"(process start      █               10.0 ms *
GET task            ▒▒▒▒▒          40.0 ms   slack 45.0
agent: initialize   ██████████     85.0 ms *
GET models               ▒▒▒▒▒▶    goes on
ready after 100.0 ms
own share 20.0 ms: 10.0 to the spawn, 5.0 to session/new, 5.0 to ready
* critical path; slack: how much longer it could have taken
)");
}

TEST_CASE("a wider terminal gives longer bars") {
  const auto narrow = waterfall(small_boot(), 60, false);
  const auto wide = waterfall(small_boot(), 100, false);
  CHECK(wide.size() > narrow.size());
  CHECK(waterfall(small_boot(), 20, false) == narrow);
}

TEST_CASE("a waterfall is coloured only when asked") {
  CHECK(waterfall(small_boot(), 80, false).find('\x1b') == std::string::npos);
  CHECK(waterfall(small_boot(), 80, true).find('\x1b') != std::string::npos);
}

TEST_CASE("a waterfall names the outcome of what failed") {
  auto report = small_boot();
  report.boxes[1].outcome = "error";
  CHECK(waterfall(report, 60, false).find("40.0 ms   error\n")
        != std::string::npos);
}

TEST_CASE("work that outlasts readiness is cut at the end of the axis") {
  auto report = small_boot();
  report.boxes[3].end = 5'000 * ms;
  CHECK(waterfall(report, 60, false).find("▒▶  4950.0 ms\n")
        != std::string::npos);
}

TEST_CASE("a boot that is not over is drawn as far as it got") {
  auto report = small_boot();
  report.complete = false;
  report.total.reset();
  const auto text = waterfall(report, 60, false);
  CHECK(text.find("agent: initialize") != std::string::npos);
  CHECK(text.find("The boot is not over.\n") != std::string::npos);
}

TEST_CASE("a boot without records says so") {
  CHECK(waterfall({}, 80, false) == "The boot left no record.\n");
}
