#include "actors/turn_relay.hpp"

#include "fixture.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::test;

namespace {

struct relay_fixture : fixture {
  std::shared_ptr<plane_inbox> plane = std::make_shared<plane_inbox>();
  turn_relay_actor relay =
    system.spawn(turn_relay, fake_plane(system, plane), log);

  relay_fixture() {
    at_end.emplace_back([box = plane] { box->clear(); });
  }

  template <class Message>
  void tell(Message message) {
    self->send(relay, std::move(message));
    run();
  }
};

} // namespace

TEST_CASE_METHOD(relay_fixture, "the texts of a turn are posted as one") {
  tell(turn_said{{"one", "two"}});
  REQUIRE(plane->relays.size() == 1);
  CHECK(plane->relays.question(0).text == "one\n\ntwo");
}

TEST_CASE_METHOD(relay_fixture, "nothing is posted when nothing was said") {
  tell(turn_said{});
  tell(turn_said{{"", " \n"}});
  CHECK(plane->relays.size() == 0);
}

TEST_CASE_METHOD(relay_fixture,
                 "the turn that ends with a posted question is not posted") {
  tell(question_posted{});
  tell(turn_said{{"I asked."}});
  CHECK(plane->relays.size() == 0);
  tell(turn_said{{"Thank you."}});
  REQUIRE(plane->relays.size() == 1);
  CHECK(plane->relays.question(0).text == "Thank you.");
}

TEST_CASE_METHOD(relay_fixture,
                 "a question whose turn ended badly silences no other turn") {
  tell(question_posted{});
  tell(turn_said{});
  tell(turn_said{{"Here it is."}});
  CHECK(plane->relays.size() == 1);
}

TEST_CASE_METHOD(relay_fixture, "a text that cannot be posted is logged") {
  tell(turn_said{{"one"}});
  plane->relays.fail(0, ec::control_plane_refused, "[400] no thread");
  run();
  CHECK(was_logged("could not be posted: [400] no thread"));
}
