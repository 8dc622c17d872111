#include "actors/io/event_log.hpp"

#include "messages/wire/notifications.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

struct fake_sink : frame_sink {
  void write(std::shared_ptr<const std::string> bytes) override {
    text += *bytes;
    ++writes;
    last = std::move(bytes);
  }
  void finish() override { finished = true; }

  std::string text;
  std::size_t writes = 0;
  std::shared_ptr<const std::string> last;
  bool finished = false;
};

journal_entry entry(const std::string& text) {
  journal_entry result;
  result.at = std::chrono::system_clock::time_point{
    std::chrono::milliseconds{1'778'148'000'123}};
  result.notification = std::make_shared<const std::string>(
    R"({"jsonrpc":"2.0","method":")" + text + R"("})");
  return result;
}

std::string frame(const std::string& text) {
  return "data: {\"type\":\"notification\",\"timestamp\":"
         "\"2026-05-07T10:00:00.123Z\",\"notification\":{\"jsonrpc\":\"2.0\","
         "\"method\":\""
         + text + "\"}}\n\n";
}

const std::string connected =
  "data: {\"type\":\"connected\",\"run_id\":\"run-1\"}\n\n";

caf::actor_system_config& settings() {
  static caf::actor_system_config made;
  made.set("scheduler.policy", caf::atom("sharing"));
  made.set("scheduler.max-threads", std::size_t{1});
  return made;
}

struct fixture {
  fixture() { log = spawn_hosted(unit, event_log, std::string{"run-1"}); }

  ~fixture() {
    caf::anon_send_exit(log, caf::exit_reason::user_shutdown);
    log = nullptr;
    settle();
  }

  void settle() {
    io.restart();
    io.poll();
  }

  void say(const std::string& text) { caf::anon_send(log, entry(text)); }

  std::shared_ptr<fake_sink> come() {
    auto sink = std::make_shared<fake_sink>();
    caf::anon_send(log, attach_client{sink});
    settle();
    return sink;
  }

  caf::actor_system system{settings()};
  asio::io_context io;
  io_unit unit{system, io};
  event_stream_actor log;
};

} // namespace

TEST_CASE_METHOD(fixture, "a client is greeted at once and then gets frames") {
  const auto client = come();
  CHECK(client->text == connected);
  say("a");
  say("b");
  settle();
  CHECK(client->text == connected + frame("a") + frame("b"));
}

TEST_CASE_METHOD(fixture, "what happens before the session and before anyone "
                          "listens reaches the first client (contract 19/4)") {
  say("a");
  say("b");
  const auto client = come();
  CHECK(client->text == frame("a") + frame("b") + connected);
}

TEST_CASE_METHOD(fixture, "what a client has received is not sent again") {
  say("a");
  come();
  const auto second = come();
  CHECK(second->text == connected);
}

TEST_CASE_METHOD(fixture, "a newcomer takes no stream away (contract 19/2)") {
  const auto first = come();
  const auto second = come();
  say("a");
  settle();
  CHECK(first->text == connected + frame("a"));
  CHECK(second->text == connected + frame("a"));
  CHECK_FALSE(first->finished);
}

TEST_CASE_METHOD(fixture, "one frame serves all clients") {
  const auto first = come();
  const auto second = come();
  say("a");
  settle();
  CHECK(first->last == second->last);
}

TEST_CASE_METHOD(fixture, "a client that leaves ends no other's stream "
                          "(contract 19/1)") {
  const auto first = come();
  const auto second = come();
  caf::anon_send(log, detach_client{first});
  say("a");
  settle();
  CHECK(first->text == connected);
  CHECK(second->text == connected + frame("a"));
  CHECK_FALSE(second->finished);
}

TEST_CASE_METHOD(fixture, "what happens after the last client left is kept") {
  const auto first = come();
  caf::anon_send(log, detach_client{first});
  say("a");
  const auto second = come();
  CHECK(second->text == frame("a") + connected);
}

TEST_CASE_METHOD(fixture, "the oldest frames give way when nobody comes, and "
                          "the gap is told") {
  const auto more = event_log_state::max_kept_frames + 3;
  for (std::size_t i = 0; i < more; ++i)
    say(std::to_string(i));
  const auto client = come();
  CHECK(client->writes == event_log_state::max_kept_frames + 2);
  CHECK(
    client->text.rfind(
      ": 3 earlier events were dropped, nobody listened\n\n" + frame("3"), 0)
    == 0);
  CHECK(come()->text == connected);
}

TEST_CASE_METHOD(fixture, "kept frames are bounded by their bytes") {
  const std::string big(1u << 20, 'x');
  for (int i = 0; i < 40; ++i)
    say(big);
  const auto client = come();
  CHECK(client->text.size() <= event_log_state::max_kept_bytes + 4'096);
  CHECK(client->writes > 10);
}

TEST_CASE_METHOD(fixture, "a frame larger than all that is kept still reaches "
                          "the first client") {
  say(std::string(event_log_state::max_kept_bytes + 1, 'x'));
  const auto client = come();
  CHECK(client->text.size() > event_log_state::max_kept_bytes);
}

TEST_CASE_METHOD(fixture, "a tap gets a copy of each entry from then on") {
  std::string heard;
  using tap_self = hosted<journal_tap_actor::base>;
  const auto tap = spawn_hosted(
    unit,
    [](tap_self*, std::string* into) -> journal_tap_actor::behavior_type {
      return {
        [into](const journal_entry& entry) { *into += *entry.notification; }};
    },
    &heard);
  say("before");
  caf::anon_send(log, tap);
  say("after");
  settle();
  CHECK(heard == *entry("after").notification);
  caf::anon_send_exit(tap, caf::exit_reason::user_shutdown);
  settle();
}

TEST_CASE_METHOD(fixture, "an announced event reaches every client once, also "
                          "one that comes while it stands") {
  const auto announced = announce_permission{
    "r", std::make_shared<const std::string>(R"({"type":"x"})")};
  const std::string shown = "data: {\"type\":\"x\"}\n\n";
  const auto first = come();
  caf::anon_send(log, announced);
  const auto second = come();
  say("a");
  settle();
  CHECK(first->text == connected + shown + frame("a"));
  CHECK(second->text == shown + connected + frame("a"));
  caf::anon_send(log, retract_permission{"r"});
  CHECK(come()->text == connected);
}

TEST_CASE_METHOD(fixture, "an event announced before anyone listens stands "
                          "behind what happened before it") {
  say("a");
  caf::anon_send(
    log, announce_permission{
           "r", std::make_shared<const std::string>(R"({"type":"x"})")});
  CHECK(come()->text == frame("a") + "data: {\"type\":\"x\"}\n\n" + connected);
}

TEST_CASE_METHOD(fixture, "a watcher learns how many clients listen") {
  std::vector<std::size_t> counts;
  using watch_self = hosted<client_watch_actor::base>;
  const auto watch = spawn_hosted(
    unit,
    [](watch_self*,
       std::vector<std::size_t>* into) -> client_watch_actor::behavior_type {
      return {
        [into](const clients_changed& m) { into->push_back(m.attached); }};
    },
    &counts);
  const auto first = come();
  caf::anon_send(log, watch);
  come();
  caf::anon_send(log, detach_client{first});
  settle();
  CHECK(counts == std::vector<std::size_t>{1, 2, 1});
  caf::anon_send_exit(watch, caf::exit_reason::user_shutdown);
  settle();
}

TEST_CASE_METHOD(fixture, "closing ends every stream and takes no newcomer") {
  const auto first = come();
  const auto second = come();
  caf::scoped_actor self{system};
  auto answer = self->request(log, caf::infinite, close_streams{});
  settle();
  bool closed = false;
  answer.receive([&](streams_closed) { closed = true; },
                 [](const caf::error&) {});
  CHECK(closed);
  CHECK(first->finished);
  CHECK(second->finished);
  say("a");
  const auto late = come();
  CHECK(late->finished);
  CHECK(late->text.empty());
}
