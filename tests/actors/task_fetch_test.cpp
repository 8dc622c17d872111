#include "actors/task_fetch.hpp"

#include "fixture.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::test;

namespace {

struct task_fetch_fixture : fixture {
  std::shared_ptr<plane_inbox> plane = std::make_shared<plane_inbox>();
  task_fetch_actor fetch =
    system.spawn(task_fetch, fake_plane(system, plane), log);

  task_fetch_fixture() {
    at_end.emplace_back([box = plane] { box->clear(); });
  }
};

task some_task() {
  task found;
  found.description = "mend the fence";
  return found;
}

} // namespace

TEST_CASE_METHOD(task_fetch_fixture,
                 "task and run are fetched once, whoever asks how often") {
  auto first = ask<task_context>(fetch, fetch_context{});
  auto second = ask<task_context>(fetch, fetch_context{});
  REQUIRE(plane->tasks.size() == 1);
  REQUIRE(plane->runs.size() == 1);
  plane->tasks.answer(0, some_task());
  plane->runs.answer(0, task_run{});
  run();
  CHECK(first.answered());
  CHECK(second.answered());
  CHECK(first.value().fetched_task->description == "mend the fence");
  auto late = ask<task_context>(fetch, fetch_context{});
  CHECK(late.answered());
  CHECK(plane->tasks.size() == 1);
  CHECK(plane->runs.size() == 1);
}

TEST_CASE_METHOD(task_fetch_fixture,
                 "the task of the boot is the task of the first prompt") {
  // contract 19/11: upstream fetches it twice.
  ask<task_context>(fetch, fetch_context{});
  plane->tasks.answer(0, some_task());
  plane->runs.answer(0, task_run{});
  run();
  auto again = ask<task>(fetch, fetch_task_again{});
  CHECK(again.answered());
  CHECK(plane->tasks.size() == 1);
}

TEST_CASE_METHOD(task_fetch_fixture,
                 "a task that could not be fetched does not fail the context") {
  auto context = ask<task_context>(fetch, fetch_context{});
  plane->tasks.fail(0, ec::control_plane_unreachable, "gone");
  run();
  CHECK_FALSE(context.answered());
  plane->runs.answer(0, task_run{});
  run();
  REQUIRE(context.answered());
  CHECK_FALSE(context.value().fetched_task);
  CHECK(was_logged("GET task failed: gone"));

  auto again = ask<task>(fetch, fetch_task_again{});
  REQUIRE(plane->tasks.size() == 2);
  plane->tasks.answer(1, some_task());
  run();
  CHECK(again.answered());
}

TEST_CASE_METHOD(task_fetch_fixture,
                 "a run that could not be fetched fails the context at once") {
  auto context = ask<task_context>(fetch, fetch_context{});
  plane->runs.fail(0, ec::control_plane_refused, "404");
  run();
  REQUIRE(context.failed());
  CHECK(code_of(*context.error) == ec::control_plane_refused);
  auto late = ask<task_context>(fetch, fetch_context{});
  CHECK(late.failed());
}

TEST_CASE_METHOD(task_fetch_fixture,
                 "a second fetch under way is shared by all who ask") {
  ask<task_context>(fetch, fetch_context{});
  plane->tasks.fail(0, ec::control_plane_unreachable, "gone");
  plane->runs.answer(0, task_run{});
  run();
  auto one = ask<task>(fetch, fetch_task_again{});
  auto two = ask<task>(fetch, fetch_task_again{});
  REQUIRE(plane->tasks.size() == 2);
  plane->tasks.fail(1, ec::control_plane_refused, "404");
  run();
  CHECK(one.failed());
  CHECK(two.failed());
}
