#include "actors/trace/boot_report.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <string>
#include <vector>

using namespace agent_server;
using trace::record;
using trace::record_kind;

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t exec_at = 5'000 * ms;

// Writes the records that the program would write, at times of our choice.
class written_boot {
public:
  std::uint64_t begin(const char* name, std::int64_t at, std::uint64_t cause) {
    return add(record_kind::span_began, name, at, cause, 0);
  }

  std::uint64_t end(std::uint64_t began, std::int64_t at,
                    trace::outcome result = trace::outcome::ok) {
    const auto id = add(record_kind::span_ended, nullptr, at, began, began);
    records.back().result = result;
    return id;
  }

  std::uint64_t box(const char* name, std::int64_t from, std::int64_t to,
                    std::uint64_t cause) {
    return end(begin(name, from, cause), to);
  }

  std::uint64_t arrival(const char* step, std::int64_t at,
                        std::uint64_t cause) {
    return add(record_kind::arrived, step, at, cause, 0);
  }

  std::uint64_t message(std::int64_t at, std::uint64_t cause) {
    return add(record_kind::sent, nullptr, at, cause, 0);
  }

  boot_report report() const { return make_boot_report(records, exec_at); }

  std::vector<record> records;

private:
  std::uint64_t add(record_kind kind, const char* name, std::int64_t at,
                    std::uint64_t cause, std::uint64_t link) {
    record entry;
    entry.id = records.size() + 1;
    entry.cause = cause;
    entry.at = exec_at + at * ms;
    entry.link = link;
    entry.kind = kind;
    if (name != nullptr) {
      entry.what = trace::subject_kind::text;
      entry.subject = reinterpret_cast<std::uint64_t>(name);
    }
    records.push_back(entry);
    return entry.id;
  }
};

const boot_box& box_of(const boot_report& report, const std::string& name) {
  const auto i =
    std::find_if(report.boxes.begin(), report.boxes.end(),
                 [&](const boot_box& box) { return box.name == name; });
  REQUIRE(i != report.boxes.end());
  return *i;
}

std::vector<std::string> path_of(const boot_report& report) {
  std::vector<std::string> result;
  for (const auto& stretch : report.critical_path) {
    const auto text = std::to_string(stretch.duration / ms);
    using kind = boot_stretch::kind_type;
    if (stretch.kind == kind::box)
      result.push_back(stretch.box + " " + text);
    else
      result.push_back((stretch.kind == kind::own ? "own " : "unrecorded ")
                       + text);
  }
  return result;
}

std::int64_t sum_of(const boot_report& report) {
  return std::accumulate(report.critical_path.begin(),
                         report.critical_path.end(), std::int64_t{0},
                         [](std::int64_t sum, const boot_stretch& stretch) {
                           return sum + stretch.duration;
                         });
}

using names = std::vector<std::string>;

// exec, then an agent for 150 ms beside two fetches, then a session.
struct whole_boot : written_boot {
  whole_boot() {
    const auto main = box("process start", 0, 6, 0);
    const auto initialize = begin("agent: initialize", 8, message(7, main));
    const auto task = begin("GET task", 9, main);
    const auto run = begin("GET run", 9, main);
    models = begin("GET models", 9, main);
    const auto task_there = arrival("context", 40, message(40, end(task, 40)));
    static_cast<void>(task_there);
    const auto context = arrival("context", 61, message(60, end(run, 60)));
    arrival("session/new", 62, message(61, context));
    const auto last =
      arrival("session/new", 160, message(159, end(initialize, 158)));
    const auto session = box("agent: session/new", 161, 171, last);
    const auto opened = arrival("ready", 172, message(172, session));
    ready = arrival("ready: published", 173, message(172, opened));
  }

  std::uint64_t models = 0;
  std::uint64_t ready = 0;
};

} // namespace

TEST_CASE("a boot report names what each box waited for") {
  const auto report = whole_boot{}.report();
  CHECK(box_of(report, "process start").waited_for.empty());
  CHECK(box_of(report, "GET task").waited_for == names{"process start"});
  CHECK(box_of(report, "agent: session/new").waited_for
        == names{"agent: initialize", "GET task", "GET run"});
}

TEST_CASE("the critical path leads from exec to readiness without a hole") {
  const auto report = whole_boot{}.report();
  REQUIRE(report.total == 173 * ms);
  CHECK(path_of(report)
        == names{"process start 6", "own 2", "agent: initialize 150", "own 3",
                 "agent: session/new 10", "own 2"});
  CHECK(sum_of(report) == report.total);
  CHECK(box_of(report, "agent: initialize").critical);
  CHECK_FALSE(box_of(report, "GET run").critical);
}

TEST_CASE("slack is how much longer a box could have taken") {
  const auto report = whole_boot{}.report();
  CHECK(box_of(report, "agent: session/new").slack == 0);
  CHECK(box_of(report, "agent: initialize").slack == 0);
  CHECK(box_of(report, "process start").slack == 0);
  CHECK(box_of(report, "GET run").slack == 98 * ms);
  CHECK(box_of(report, "GET task").slack == 118 * ms);
}

TEST_CASE("a box that nothing waited for has no slack and may stay open") {
  const auto report = whole_boot{}.report();
  const auto& models = box_of(report, "GET models");
  CHECK_FALSE(models.slack.has_value());
  CHECK_FALSE(models.end.has_value());
  CHECK(models.outcome == "open");
}

TEST_CASE("the own share is what neither the agent nor a fetch took") {
  const auto report = whole_boot{}.report();
  CHECK(report.own_share.to_spawn == 8 * ms);
  CHECK(report.own_share.to_session == 3 * ms);
  CHECK(report.own_share.to_ready == 2 * ms);
  CHECK(report.own_share.total() == 13 * ms);
}

TEST_CASE("work begun after readiness is not part of the boot") {
  whole_boot boot;
  boot.box("PATCH run", 175, 200, boot.ready);
  boot.end(boot.models, 210);
  const auto report = boot.report();
  CHECK(std::none_of(report.boxes.begin(), report.boxes.end(),
                     [](const auto& box) { return box.name == "PATCH run"; }));
  CHECK(box_of(report, "GET models").end == 210 * ms);
  CHECK(report.total == 173 * ms);
}

TEST_CASE("slack runs through a diamond along its tighter side") {
  written_boot boot;
  const auto top = boot.box("top", 0, 10, 0);
  const auto left = boot.box("left", 10, 20, top);
  boot.arrival("session/new", 20, left);
  const auto long_side = boot.box("right", 12, 50, top);
  const auto last = boot.arrival("session/new", 50, long_side);
  const auto bottom = boot.box("bottom", 51, 60, last);
  boot.arrival("ready: published", 60, bottom);
  const auto report = boot.report();
  CHECK(box_of(report, "bottom").waited_for == names{"left", "right"});
  CHECK(box_of(report, "left").slack == 30 * ms);
  CHECK(box_of(report, "right").slack == 0);
  CHECK(box_of(report, "top").slack == 0);
  CHECK(path_of(report)
        == names{"top 10", "own 2", "right 38", "own 1", "bottom 9"});
}

TEST_CASE("an arrival after the step fired is not waited for") {
  written_boot boot;
  const auto first = boot.box("first", 0, 10, 0);
  const auto fired = boot.arrival("ready", 10, first);
  boot.arrival("ready: published", 11, fired);
  const auto late = boot.box("late", 0, 20, 0);
  boot.arrival("ready", 20, late);
  const auto report = boot.report();
  CHECK(path_of(report) == names{"first 10", "own 1"});
}

TEST_CASE("of a replaced agent process the last initialize counts") {
  written_boot boot;
  const auto main = boot.box("process start", 0, 5, 0);
  const auto first = boot.begin("agent: initialize", 6, main);
  const auto task = boot.box("GET task", 6, 40, main);
  boot.end(first, 41, trace::outcome::dropped);
  boot.arrival("session/new", 41, task);
  const auto second = boot.box("agent: initialize", 45, 95, task);
  const auto last = boot.arrival("session/new", 96, second);
  const auto session = boot.box("agent: session/new", 97, 99, last);
  boot.arrival("ready: published", 100, session);
  const auto report = boot.report();
  CHECK(report.own_share.to_spawn == 45 * ms);
  CHECK(report.own_share.to_session == 2 * ms);
  CHECK(box_of(report, "agent: initialize").outcome == "dropped");
  CHECK(path_of(report)
        == names{"process start 5", "own 1", "GET task 34", "own 5",
                 "agent: initialize 50", "own 2", "agent: session/new 2",
                 "own 1"});
  CHECK(sum_of(report) == report.total);
}

TEST_CASE("a boot that is not over has boxes but no total") {
  written_boot boot;
  const auto main = boot.box("process start", 0, 5, 0);
  boot.begin("agent: initialize", 6, main);
  const auto report = boot.report();
  CHECK_FALSE(report.complete);
  CHECK_FALSE(report.total.has_value());
  CHECK(report.critical_path.empty());
  CHECK(report.boxes.size() == 2);
  CHECK_FALSE(box_of(report, "process start").slack.has_value());
  CHECK(report.own_share.to_spawn == 6 * ms);
  CHECK_FALSE(report.own_share.total().has_value());
}

TEST_CASE("what an overwritten ring no longer tells is called unrecorded") {
  whole_boot boot;
  const auto agent_begins = std::find_if(
    boot.records.begin(), boot.records.end(), [](const record& entry) {
      return entry.kind == record_kind::span_began
             && entry.at == exec_at + 8 * ms;
    });
  boot.records.erase(boot.records.begin(), agent_begins + 1);
  const auto report = boot.report();
  CHECK(report.total == 173 * ms);
  CHECK(path_of(report)
        == names{"unrecorded 161", "agent: session/new 10", "own 2"});
  CHECK(box_of(report, "agent: session/new").waited_for
        == names{"GET task", "GET run"});
  CHECK_FALSE(report.own_share.to_spawn.has_value());
}

TEST_CASE("a ring without any record of the boot gives an empty report") {
  const auto report = make_boot_report({}, exec_at);
  CHECK_FALSE(report.complete);
  CHECK(report.boxes.empty());
}

TEST_CASE("work started from within a span counts that span until then") {
  written_boot boot;
  const auto spawn = boot.begin("spawn agent", 2, 0);
  const auto initialize = boot.begin("agent: initialize", 5, spawn);
  boot.end(spawn, 9);
  boot.arrival("ready: published", 30, boot.end(initialize, 29));
  const auto report = boot.report();
  CHECK(
    path_of(report)
    == names{"unrecorded 2", "spawn agent 3", "agent: initialize 24", "own 1"});
  CHECK(box_of(report, "agent: initialize").waited_for.empty());
}

TEST_CASE("a handler that notes the last arrival goes on with the step") {
  written_boot boot;
  const auto main = boot.box("process start", 0, 5, 0);
  const auto task = boot.message(20, boot.box("GET task", 5, 20, main));
  boot.arrival("session/new", 20, task);
  const auto unrelated = boot.message(21, task);
  const auto answer =
    boot.message(90, boot.box("agent: initialize", 6, 89, main));
  boot.arrival("session/new", 90, answer);
  const auto session =
    boot.box("agent: session/new", 92, 95, boot.message(91, answer));
  boot.box("GET models", 22, 99, unrelated);
  boot.arrival("ready: published", 96, session);
  const auto report = boot.report();
  CHECK(box_of(report, "agent: session/new").waited_for
        == names{"GET task", "agent: initialize"});
  CHECK(box_of(report, "GET models").waited_for == names{"GET task"});
  CHECK(box_of(report, "GET task").slack == 69 * ms);
  CHECK(sum_of(report) == report.total);
}
