#include "actors/io/event_log.hpp"

#include "actors/event_spool.hpp"
#include "io_fixture.hpp"
#include "messages/wire/notifications.hpp"
#include "messages/wire/stream_frame.hpp"

#include <caf/scoped_actor.hpp>
#include <catch2/catch.hpp>
#include <set>

using namespace agent_server;

namespace {

struct fake_sink : frame_sink {
  void write(std::shared_ptr<const std::string> bytes,
             std::uint64_t seq) override {
    text += *bytes;
    size += bytes->size();
    ++writes;
    pieces.push_back(std::move(bytes));
    written = std::max(written, seq);
  }
  bool ready() override { return !stuck; }
  std::uint64_t taken() const override { return stuck ? 0 : written; }
  void finish() override { finished = true; }
  void cut() override { was_cut = true; }

  std::string text;
  std::size_t size = 0;
  std::size_t writes = 0;
  std::vector<std::shared_ptr<const std::string>> pieces;
  std::uint64_t written = 0;
  bool stuck = false;
  bool finished = false;
  bool was_cut = false;
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

/// The log, with a spool when it is asked for. All of it runs on the test's
/// thread, so nothing happens between two calls of `settle`.
struct fixture {
  explicit fixture(bool with_spool = false) : spooled(with_spool) { start(); }
  ~fixture() { stop(); }

  void start() {
    event_spool_actor spool;
    if (spooled) {
      spool = system.spawn(event_spool, directory / "events", limits,
                           logger{disk_actor{}});
      actors.push_back(caf::actor_cast<caf::actor>(spool));
    }
    log = spawn_hosted(unit, event_log, std::string{"run-1"}, spool);
    actors.push_back(caf::actor_cast<caf::actor>(log));
    if (spooled)
      caf::anon_send(log, open_spool{});
    settle();
  }

  void stop() {
    for (const auto& each : actors)
      caf::anon_send_exit(each, caf::exit_reason::kill);
    actors.clear();
    log = nullptr;
    settle();
  }

  /// As after a kill: nothing is saved, the files are as they are.
  void restart() {
    stop();
    start();
  }

  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  }

  void settle() {
    do
      io.restart();
    while (io.poll() != 0 || scheduler().try_run_once());
  }

  void advance(std::chrono::milliseconds time) {
    scheduler().advance_time(time);
    settle();
  }

  void send(const std::string& text) { caf::anon_send(log, entry(text)); }
  void say(const std::string& text) {
    send(text);
    settle();
  }

  void announce(const std::string& id) {
    caf::anon_send(log,
                   announce_permission{
                     id, std::make_shared<const std::string>(
                           question(id).substr(6, question(id).size() - 8))});
    settle();
  }
  static std::string question(const std::string& id) {
    return "data: {\"type\":\"permission_request\",\"requestId\":\"" + id
           + "\"}\n\n";
  }

  std::shared_ptr<fake_sink> come(event_options options = {}) {
    auto sink = std::make_shared<fake_sink>();
    caf::anon_send(log, attach_client{sink, std::move(options)});
    settle();
    return sink;
  }
  std::shared_ptr<fake_sink> come_after(const std::string& id) {
    event_options options;
    options.ids = true;
    options.after = id;
    return come(options);
  }
  std::shared_ptr<fake_sink> come_with_ids() {
    event_options options;
    options.ids = true;
    return come(options);
  }

  void leave(const std::shared_ptr<fake_sink>& sink) {
    caf::anon_send(log, detach_client{sink});
    settle();
  }

  test::scratch_directory directory;
  spool_limits limits;
  bool spooled;

  struct settings_type : caf::actor_system_config {
    settings_type() { set("scheduler.policy", caf::atom("testing")); }
  };
  settings_type settings;
  caf::actor_system system{settings};
  asio::io_context io;
  io_unit unit{system, io};
  std::vector<caf::actor> actors;
  event_stream_actor log;
};

struct spooled_fixture : fixture {
  spooled_fixture() : fixture(true) {}
};

/// The id in the last `id:` line.
std::string last_id(const std::string& text) {
  const auto begin = text.rfind("id: ") + 4;
  return text.substr(begin, text.find('\n', begin) - begin);
}

/// Without its `id:` lines.
std::string plain(const std::string& text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at) + 1;
    if (text.compare(at, 4, "id: ") != 0)
      result += text.substr(at, end - at);
    at = end;
  }
  return result;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t result = 0;
  for (auto at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1))
    ++result;
  return result;
}

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

TEST_CASE_METHOD(fixture, "each frame is made once for all clients, with "
                          "ids or without") {
  std::vector<std::shared_ptr<fake_sink>> clients;
  for (int i = 0; i < 4; ++i)
    clients.push_back(i % 2 == 0 ? come() : come_with_ids());
  for (int i = 0; i < 10; ++i)
    say(std::to_string(i));
  std::set<const std::string*> serialised;
  for (const auto& client : clients)
    for (const auto& piece : client->pieces)
      if (piece->find("notification") != std::string::npos)
        serialised.insert(piece.get());
  CHECK(serialised.size() == 10);
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

TEST_CASE_METHOD(fixture, "without a spool the oldest frames give way when "
                          "nobody comes, and the gap is told") {
  const auto more = event_ring::max_frames + 3;
  for (std::size_t i = 0; i < more; ++i)
    send(std::to_string(i));
  settle();
  const auto client = come();
  CHECK(client->writes == event_ring::max_frames + 2);
  CHECK(
    client->text.rfind(
      ": 3 earlier events were dropped, nobody listened\n\n" + frame("3"), 0)
    == 0);
  CHECK(come()->text == connected);
}

TEST_CASE_METHOD(fixture, "kept frames are bounded by their bytes") {
  const std::string big(1u << 20, 'x');
  for (int i = 0; i < 20; ++i)
    say(big);
  const auto client = come();
  CHECK(client->size <= event_ring::max_bytes + 4'096);
  CHECK(client->writes > 5);
}

TEST_CASE_METHOD(fixture, "a frame larger than all that is kept still reaches "
                          "the first client") {
  say(std::string(event_ring::max_bytes + 1, 'x'));
  CHECK(come()->size > event_ring::max_bytes);
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
  const auto first = come();
  announce("r");
  const auto second = come();
  say("a");
  CHECK(first->text == connected + question("r") + frame("a"));
  CHECK(second->text == question("r") + connected + frame("a"));
  caf::anon_send(log, retract_permission{"r"});
  CHECK(come()->text == connected);
}

TEST_CASE_METHOD(fixture, "an event announced before anyone listens stands "
                          "behind what happened before it") {
  say("a");
  announce("r");
  CHECK(come()->text == frame("a") + question("r") + connected);
}

TEST_CASE_METHOD(fixture, "a question that was answered before anyone listened "
                          "is not asked again") {
  announce("r");
  caf::anon_send(log, retract_permission{"r"});
  say("a");
  CHECK(come()->text == frame("a") + connected);
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

TEST_CASE_METHOD(spooled_fixture,
                 "a client that asks for nothing gets the bytes "
                 "it always got") {
  say("a");
  const auto client = come();
  say("b");
  CHECK(client->text == frame("a") + connected + frame("b"));
}

TEST_CASE_METHOD(spooled_fixture, "a frame is in the spool before it is sent") {
  const auto client = come();
  caf::anon_send(log, entry("a"));
  // The I/O thread has had its turn, the spool has not.
  io.restart();
  io.poll();
  CHECK(client->text == connected);
  settle();
  CHECK(client->text == connected + frame("a"));
}

TEST_CASE_METHOD(spooled_fixture, "what comes in one turn is spooled in one "
                                  "batch") {
  const auto client = come();
  const auto before = client->pieces.size();
  for (int i = 0; i < 10; ++i)
    send(std::to_string(i));
  io.restart();
  io.poll();
  // One message to the spool, so one run of it, releases them all.
  CHECK(scheduler().try_run_once());
  io.restart();
  io.poll();
  CHECK(client->pieces.size() == before + 10);
}

TEST_CASE_METHOD(spooled_fixture, "ids come to those who ask, one for each "
                                  "event") {
  const auto client = come_with_ids();
  say("a");
  say("b");
  const auto epoch = last_id(client->text);
  CHECK(client->text
        == connected + "id: " + epoch.substr(0, epoch.find('.')) + ".1\n"
             + frame("a") + "id: " + epoch + "\n" + frame("b"));
  CHECK(epoch.substr(epoch.find('.')) == ".2");
}

TEST_CASE_METHOD(spooled_fixture,
                 "a client that comes back gets exactly what it "
                 "missed (contract 19/5)") {
  const auto first = come_with_ids();
  say("a");
  leave(first);
  const auto other = come();
  say("b");
  say("c");
  const auto back = come_after(last_id(first->text));
  CHECK(plain(back->text) == frame("b") + frame("c") + connected);
  say("d");
  CHECK(plain(back->text) == frame("b") + frame("c") + connected + frame("d"));
}

TEST_CASE_METHOD(spooled_fixture, "a client that comes back to the next server "
                                  "gets exactly what it missed") {
  const auto first = come_with_ids();
  say("a");
  const auto seen = last_id(first->text);
  leave(first);
  say("b");
  restart();
  say("c");
  const auto back = come_after(seen);
  CHECK(plain(back->text) == frame("b") + frame("c") + connected);
  // Each is named as the server that sent it named it.
  const auto epoch = seen.substr(0, seen.find('.'));
  CHECK(back->text.find("id: " + epoch + ".2\n" + frame("b")) == 0);
  const auto last = last_id(back->text);
  CHECK(last.substr(last.find('.')) == ".3");
  CHECK(last.substr(0, last.find('.')) != epoch);
  CHECK(plain(come_after(last)->text) == connected);
}

TEST_CASE_METHOD(spooled_fixture, "what no client has received is kept for the "
                                  "first who comes to the next server") {
  const auto first = come();
  say("a");
  advance(event_log_state::note_delay);
  leave(first);
  say("b");
  restart();
  say("c");
  CHECK(come()->text == frame("b") + frame("c") + connected);
  CHECK(come()->text == connected);
}

TEST_CASE_METHOD(spooled_fixture,
                 "what a connection did not take is still to be "
                 "received") {
  const auto stuck = come();
  say("a");
  stuck->stuck = true;
  stuck->written = 0;
  leave(stuck);
  CHECK(come()->text == frame("a") + connected);
}

TEST_CASE_METHOD(spooled_fixture,
                 "an id of nowhere is told, and all that there "
                 "is follows") {
  say("a");
  for (const auto* id : {"5.1", "nonsense", "9.9.9"}) {
    const auto client = come_after(id);
    CHECK(plain(client->text) == unknown_id_frame() + frame("a") + connected);
  }
  CHECK(plain(come_after("0")->text) == frame("a") + connected);
}

TEST_CASE_METHOD(spooled_fixture, "an id from the future is the present") {
  say("a");
  const auto id = last_id(come_after("0")->text);
  const auto client = come_after(id + "000");
  say("b");
  CHECK(plain(client->text) == connected + frame("b"));
}

TEST_CASE_METHOD(spooled_fixture, "what has left the memory is read from the "
                                  "spool, in order") {
  const std::string big(1u << 20, 'x');
  const auto client = come_with_ids();
  say("first");
  const auto seen = last_id(client->text);
  std::string sent;
  for (int i = 0; i < 20; ++i) {
    say(std::to_string(i) + big);
    sent += frame(std::to_string(i) + big);
  }
  const auto back = come_after(seen);
  CHECK(plain(back->text) == sent + connected);
  CHECK(client->text.substr(client->text.find("id: ", client->text.find(seen)))
        == back->text.substr(0, back->text.size() - connected.size()));
}

TEST_CASE("what has left the spool is named by a gap") {
  struct small : spooled_fixture {
    small() {
      limits.bytes = 200'000;
      limits.segment = 50'000;
      restart();
    }
  } house;
  house.say("first");
  const auto seen = last_id(house.come_after("0")->text);
  // More than the memory keeps either.
  for (std::size_t i = 0; i < event_ring::max_frames; ++i)
    house.send("x");
  house.settle();
  house.say(std::string(event_ring::max_bytes, 'y'));
  const auto back = house.come_after(seen);
  CHECK(back->text.rfind("data: {\"type\":\"gap\",\"reason\":\"evicted\","
                         "\"from\":2,\"to\":",
                         0)
        == 0);
  CHECK(count(back->text, "\"gap\"") == 1);
  const auto to =
    std::stoull(back->text.substr(back->text.find("\"to\":") + 5));
  const auto id = back->text.substr(back->text.find("id: ") + 4, 40);
  CHECK(std::stoull(id.substr(id.find('.') + 1)) == to + 1);
}

TEST_CASE_METHOD(spooled_fixture, "a stuck client delays nobody, and gets "
                                  "everything once it reads again") {
  const auto stuck = come();
  const auto eager = come();
  stuck->stuck = true;
  const std::string big(1u << 20, 'x');
  std::string sent;
  for (int i = 0; i < 20; ++i) {
    say(std::to_string(i) + big);
    sent += frame(std::to_string(i) + big);
  }
  announce("r");
  CHECK(eager->text == connected + sent + question("r"));
  CHECK(stuck->text == connected);
  stuck->stuck = false;
  caf::anon_send(log, client_ready{stuck});
  settle();
  CHECK(stuck->text == eager->text);
}

TEST_CASE("a stuck client without ids is cut when what it missed is gone") {
  struct small : spooled_fixture {
    small() {
      limits.bytes = 200'000;
      limits.segment = 50'000;
      restart();
    }
  } house;
  const auto stuck = house.come();
  const auto with_ids = house.come_with_ids();
  stuck->stuck = with_ids->stuck = true;
  for (int i = 0; i < 20; ++i)
    house.say(std::string(1u << 20, 'x'));
  stuck->stuck = with_ids->stuck = false;
  caf::anon_send(house.log, client_ready{stuck});
  caf::anon_send(house.log, client_ready{with_ids});
  house.settle();
  CHECK(stuck->was_cut);
  CHECK(stuck->text == connected);
  CHECK_FALSE(with_ids->was_cut);
  CHECK(with_ids->text.find("\"gap\"") == connected.size() + 14);
}

TEST_CASE_METHOD(spooled_fixture, "a client gets the types that it wants") {
  event_options options;
  options.types = {"plan", "b", "permission_request"};
  const auto client = come(options);
  say("a");
  say("b");
  announce("r");
  caf::anon_send(log, make_entry(current_mode_update("s", "plan")));
  auto plan = entry("x");
  plan.notification = std::make_shared<const std::string>(
    R"({"method":"session/update","params":{"update":{"sessionUpdate":)"
    R"("plan"}}})");
  caf::anon_send(log, plan);
  settle();
  CHECK(client->text
        == connected + frame("b") + question("r") + event_frame(plan));
}

TEST_CASE_METHOD(spooled_fixture, "what one client did not want is still to be "
                                  "received") {
  event_options options;
  options.types = {"b"};
  const auto client = come(options);
  say("a");
  say("b");
  leave(client);
  CHECK(come()->text == frame("a") + frame("b") + connected);
}

TEST_CASE_METHOD(spooled_fixture, "a question is an event with an id, and open "
                                  "ones are shown to whoever comes back") {
  const auto first = come_with_ids();
  announce("r");
  CHECK(count(first->text, "id: ") == 1);
  const auto seen = last_id(first->text);
  say("a");
  leave(first);
  CHECK(plain(come_after(seen)->text)
        == frame("a") + question("r") + connected);
  CHECK(plain(come_after("0")->text) == question("r") + frame("a") + connected);
}

TEST_CASE_METHOD(spooled_fixture, "closing lets out what is on its way first") {
  const auto client = come();
  send("a");
  caf::scoped_actor self{system};
  auto answer = self->request(log, caf::infinite, close_streams{});
  settle();
  CHECK(client->text == connected + frame("a"));
  CHECK(client->finished);
  answer.receive([](streams_closed) {}, [](const caf::error&) { FAIL(); });
}

TEST_CASE_METHOD(spooled_fixture,
                 "a client that is behind when the stream ends "
                 "sees that it is not complete") {
  const auto stuck = come();
  stuck->stuck = true;
  say("a");
  caf::anon_send(log, close_streams{});
  settle();
  CHECK(stuck->was_cut);
  CHECK_FALSE(stuck->finished);
}

TEST_CASE("a spool that cannot be opened stops nothing") {
  struct broken : fixture {
    broken() {
      std::filesystem::create_directory(directory / "events");
      std::filesystem::create_directory(directory / "events/received");
      spooled = true;
      restart();
    }
  } house;
  house.say("a");
  const auto client = house.come_with_ids();
  house.say("b");
  CHECK(plain(client->text) == frame("a") + connected + frame("b"));
}

TEST_CASE("a spool that does not answer is waited for no longer than its "
          "limit") {
  struct silent : fixture {
    silent() {
      stop();
      log = spawn_hosted(unit, event_log, std::string{"run-1"}, hole());
      actors.push_back(caf::actor_cast<caf::actor>(log));
      caf::anon_send(log, open_spool{});
      settle();
    }
    /// Takes everything and answers nothing.
    event_spool_actor hole() {
      auto result = system.spawn([](event_spool_actor::pointer self)
                                   -> event_spool_actor::behavior_type {
        const auto keep = [self](auto promise) {
          self->attach_functor([promise] {});
          return promise;
        };
        return {
          [=](const open_spool&) -> caf::result<spool_opened> {
            return keep(self->make_response_promise<spool_opened>());
          },
          [=](const spool_frames&) -> caf::result<frames_spooled> {
            return keep(self->make_response_promise<frames_spooled>());
          },
          [=](const read_spool&) -> caf::result<spool_read> {
            return keep(self->make_response_promise<spool_read>());
          },
          [](const note_received&) {},
          [](const alarm&) {},
        };
      });
      actors.push_back(caf::actor_cast<caf::actor>(result));
      return result;
    }
  } house;
  const auto client = house.come();
  house.say("a");
  CHECK(client->text.empty());
  house.advance(event_log_state::open_limit);
  CHECK(client->text == frame("a") + connected);
}
