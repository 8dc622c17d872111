#include "actors/health.hpp"

#include "fixture.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::test;

namespace {

struct health_fixture : fixture {
  std::shared_ptr<published_health> published =
    std::make_shared<published_health>();
  health_actor watched = system.spawn(health, published, health_snapshot{});
  std::shared_ptr<int> told = std::make_shared<int>(0);

  readiness_actor watcher() {
    return system.spawn(
      [](readiness_actor::pointer,
         std::shared_ptr<int> count) -> readiness_actor::behavior_type {
        return {[count](const readiness_changed&) { ++*count; }};
      },
      told);
  }

  template <class T>
  void tell(T message) {
    self->send(watched, std::move(message));
    run();
  }

  health_snapshot now() const { return *published->read(); }
  phase_times times(boot_phase phase) const {
    return now().phases[static_cast<std::size_t>(phase)];
  }
};

} // namespace

TEST_CASE_METHOD(health_fixture,
                 "a phase has a beginning, an end and a limit") {
  tell(phase_began{boot_phase::context_fetch, 20s});
  CHECK(times(boot_phase::context_fetch).began != 0);
  CHECK(times(boot_phase::context_fetch).ended == 0);
  CHECK(times(boot_phase::context_fetch).deadline == 20s);
  tell(phase_ended{boot_phase::context_fetch});
  CHECK(times(boot_phase::context_fetch).ended != 0);
}

TEST_CASE_METHOD(health_fixture, "watchers are told once, when it is known") {
  tell(watcher());
  CHECK(*told == 0);
  tell(boot_ready{});
  CHECK(*told == 1);
  CHECK(now().state == readiness::ready);
  tell(watcher());
  CHECK(*told == 2);
}

TEST_CASE_METHOD(health_fixture,
                 "a failed boot names its class, its words and its phase") {
  // contract 19/14: upstream's health has no failure.
  tell(phase_began{boot_phase::context_fetch, 20s});
  tell(phase_ended{boot_phase::context_fetch});
  tell(phase_began{boot_phase::acp_initialize, 60s});
  tell(watcher());
  tell(boot_failed{ec::agent_crashed, "exited with status 3", {}});
  CHECK(*told == 1);
  CHECK(now().state == readiness::failed);
  CHECK(now().failed_phase == boot_phase::acp_initialize);
  CHECK(now().failure_class == ec::agent_crashed);
  CHECK(now().failure == "exited with status 3");
  CHECK(times(boot_phase::acp_initialize).ended != 0);
  tell(boot_ready{});
  CHECK(now().state == readiness::failed);
}

TEST_CASE_METHOD(health_fixture, "an agent lost later ends the readiness") {
  tell(boot_ready{});
  tell(boot_failed{ec::agent_crashed, "was killed", {}});
  CHECK(now().state == readiness::failed);
  CHECK_FALSE(now().failed_phase);
}

TEST_CASE_METHOD(health_fixture, "a closed session is not ready") {
  tell(boot_ready{});
  tell(boot_closed{});
  CHECK(now().state == readiness::closed);
}

TEST_CASE_METHOD(health_fixture, "a retry is shown until its phase is over") {
  tell(phase_began{boot_phase::context_fetch, 20s});
  tell(phase_retrying{boot_phase::context_fetch, "GET run: 503"});
  CHECK(times(boot_phase::context_fetch).retrying == "GET run: 503");
  tell(phase_ended{boot_phase::context_fetch});
  CHECK(times(boot_phase::context_fetch).retrying.empty());
}
