#include "http/server.hpp"

#include "actors/io/event_log.hpp"
#include "http/routes.hpp"
#include "http_client.hpp"
#include "messages/wire/notifications.hpp"

#include <asio/executor_work_guard.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <thread>

using namespace agent_server;
using namespace agent_server::tests;
using namespace std::chrono_literals;

namespace {

struct fake_commands_state {
  static inline const char* name = "fake_commands";
  std::vector<caf::typed_response_promise<command_reply>> held;
};
using fake_commands_self =
  caf::stateful_actor<fake_commands_state, hosted<commands_actor::base>>;

// Answers with what it was asked; holds "hold" back and fails on "fail".
commands_actor::behavior_type fake_commands(fake_commands_self* self) {
  return {
    [self](const command_request& request) -> caf::result<command_reply> {
      if (*request.body == "fail")
        return make_failure(ec::internal, "broken");
      if (*request.body == "hold") {
        self->state.held.push_back(
          self->make_response_promise<command_reply>());
        return self->state.held.back();
      }
      for (auto& promise : self->state.held)
        promise.deliver(command_reply{200, "released"});
      self->state.held.clear();
      return command_reply{*request.body == "none" ? 400 : 200,
                           request.run_id + ":" + *request.body};
    },
  };
}

caf::actor_system_config& settings() {
  static caf::actor_system_config made;
  made.set("scheduler.policy", caf::atom("sharing"));
  made.set("scheduler.max-threads", std::size_t{1});
  return made;
}

enum class wired : std::uint8_t { at_once, later };

struct fixture {
  explicit fixture(wired wiring = wired::at_once) {
    events =
      spawn_hosted(unit, event_log, std::string{"run-1"}, event_spool_actor{});
    commands = spawn_hosted(unit, fake_commands);
    publish(readiness::starting);
    server = std::make_unique<http_server>(io, edge_config{}, health);
    port = *server->open();
    if (wiring == wired::at_once)
      connect();
    thread = std::thread{[this] { io.run(); }};
  }

  ~fixture() {
    on_io([this] {
      server->close();
      caf::anon_send_exit(events, caf::exit_reason::user_shutdown);
      caf::anon_send_exit(commands, caf::exit_reason::user_shutdown);
    });
    work.reset();
    io.stop();
    thread.join();
    server.reset();
    events = nullptr;
    commands = nullptr;
    io.restart();
    io.poll();
  }

  void connect() {
    server->connect({events, commands,
                     [] { return std::string{R"({"boxes":[]})"}; }, &access,
                     &system, &unit});
  }

  template <class F>
  void on_io(F work_there) {
    std::promise<void> done;
    asio::post(io, [&] {
      work_there();
      done.set_value();
    });
    done.get_future().wait();
  }

  void publish(readiness state) {
    auto snapshot = std::make_shared<health_snapshot>();
    snapshot->state = state;
    snapshot->boot_id = "boot-1";
    health->publish(std::move(snapshot));
  }

  http_answer get(const std::string& target, const std::string& token = {}) {
    http_client client{port};
    client.request("GET", target, {}, token);
    return client.answer();
  }

  http_answer post(const std::string& target, const std::string& body,
                   const std::string& token = "token") {
    http_client client{port};
    client.request("POST", target, body, token);
    return client.answer();
  }

  void say(const std::string& method) {
    caf::anon_send(
      events, make_entry(R"({"jsonrpc":"2.0","method":")" + method + R"("})"));
  }

  caf::actor_system system{settings()};
  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work{
    io.get_executor()};
  io_unit unit{system, io};
  library_loader libraries{io};
  access_control access{libraries, "", "token", "read-token", "run-1"};
  std::shared_ptr<published_health> health =
    std::make_shared<published_health>();
  event_log_actor events;
  commands_actor commands;
  std::unique_ptr<http_server> server;
  std::uint16_t port = 0;
  std::thread thread;
};

const std::string connected =
  "data: {\"type\":\"connected\",\"run_id\":\"run-1\"}\n\n";
const std::string not_found = R"({"error":"Not found"})";

} // namespace

TEST_CASE_METHOD(fixture, "health is answered before there is a session") {
  const auto answer = get("/health");
  CHECK(answer.status == 200);
  CHECK(answer.has("Content-Type: application/json"));
  CHECK(answer.body.rfind(R"({"status":"ok","hasSession":false)", 0) == 0);
}

TEST_CASE_METHOD(fixture, "health follows the published snapshot") {
  http_client client{port};
  client.request("GET", "/health");
  client.answer();
  publish(readiness::ready);
  client.request("GET", "/health");
  const auto ready = client.answer();
  CHECK(ready.body.rfind(R"({"status":"ok","hasSession":true)", 0) == 0);
  client.request("GET", "/health?_modal_connect_token=secret");
  CHECK(client.answer().body == ready.body);
  publish(readiness::closed);
  client.request("GET", "/health");
  CHECK(client.answer().body.rfind(R"({"status":"ok","hasSession":false)", 0)
        == 0);
}

TEST_CASE_METHOD(fixture, "HEAD answers as GET without the body") {
  publish(readiness::ready);
  http_client client{port};
  client.request("GET", "/health");
  const auto get = client.answer();
  client.request("HEAD", "/health");
  const auto head = client.answer(true);
  CHECK(head.head == get.head);
  client.request("HEAD", "/nothing");
  CHECK(client.answer(true).status == 404);
  client.request("GET", "/health");
  CHECK(client.answer().status == 200);
}

TEST_CASE_METHOD(fixture,
                 "a wait for the session ends the moment it is there") {
  const std::string query = "/health?x=1&wait=hasSession&timeout=30";
  std::vector<std::unique_ptr<http_client>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<http_client>(port));
    clients.back()->request("GET", query);
  }
  CHECK(get("/health").status == 200); // the others hang meanwhile
  publish(readiness::ready);
  on_io([this] { caf::anon_send(server->watch(unit), readiness_changed{}); });
  for (auto& client : clients)
    CHECK(client->answer().body.find(R"("hasSession":true)")
          != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a wait also ends when the boot failed") {
  http_client client{port};
  client.request("GET", "/health?wait=hasSession");
  CHECK(get("/health").status == 200);
  publish(readiness::failed);
  on_io([this] { caf::anon_send(server->watch(unit), readiness_changed{}); });
  const auto answer = client.answer();
  CHECK(answer.status == 200);
  CHECK(answer.body.find(R"("hasSession":false)") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a wait that expires gets the current body") {
  for (const auto* timeout : {"0.05", "0", "-3"}) {
    const auto answer =
      get(std::string{"/health?wait=hasSession&timeout="} + timeout);
    CHECK(answer.status == 200);
    CHECK(answer.body.find(R"("hasSession":false)") != std::string::npos);
  }
}

TEST_CASE_METHOD(fixture, "nobody waits for what is known already") {
  publish(readiness::failed);
  CHECK(get("/health?wait=hasSession&timeout=40").status == 200);
}

TEST_CASE_METHOD(fixture, "closing answers those who wait") {
  http_client client{port};
  client.request("GET", "/health?wait=hasSession");
  CHECK(get("/health").status == 200);
  on_io([this] { server->close(); });
  const auto answer = client.answer();
  CHECK(answer.status == 200);
  CHECK(answer.has("Connection: close"));
  CHECK_THROWS(http_client{port});
}

TEST_CASE_METHOD(fixture, "whatever else is asked for is not found") {
  const std::vector<std::pair<std::string, std::string>> requests{
    {"GET", "/"},         {"GET", "/health/"}, {"POST", "/health"},
    {"GET", "/command"},  {"PUT", "/command"}, {"POST", "/events"},
    {"DELETE", "/boot"},  {"GET", "/Health"},  {"OPTIONS", "/health"},
    {"POST", "/command/"}};
  http_client client{port};
  for (const auto& [method, target] : requests) {
    INFO(method << " " << target);
    client.request(method, target, {}, "token");
    const auto answer = client.answer();
    CHECK(answer.status == 404);
    CHECK(answer.body == not_found);
    CHECK(answer.has("Content-Type: application/json"));
  }
}

TEST_CASE_METHOD(fixture, "events need a token, and the refusal has a code") {
  for (const auto* method : {"GET", "HEAD"}) {
    http_client client{port};
    client.request(method, "/events");
    CHECK(client.answer(true).status == 401);
  }
  CHECK(
    get("/events").body
    == R"({"error":"Missing authorization header","code":"invalid_token"})");
}

TEST_CASE_METHOD(fixture, "an event stream begins at once and carries frames") {
  say("early");
  http_client client{port};
  client.request("GET", "/events?_modal_connect_token=x", {}, "token");
  const auto head = client.answer(true);
  CHECK(head.status == 200);
  CHECK(head.has("Content-Type: text/event-stream"));
  CHECK(head.has("Cache-Control: no-cache"));
  CHECK(head.has("Connection: keep-alive"));
  CHECK(head.has("Transfer-Encoding: chunked"));
  REQUIRE(client.wait_for(connected));
  CHECK(client.got().find("early") < client.got().find(connected));
  say("late");
  CHECK(client.wait_for(R"("method":"late"}})"
                        "\n\n"));
}

TEST_CASE_METHOD(fixture, "two clients listen side by side, and one may leave "
                          "(contract 19/1, 19/2)") {
  http_client first{port};
  http_client second{port};
  first.request("GET", "/events", {}, "token");
  REQUIRE(first.wait_for(connected));
  second.request("GET", "/events", {}, "token");
  REQUIRE(second.wait_for(connected));
  say("both");
  CHECK(first.wait_for("both"));
  CHECK(second.wait_for("both"));
  second.close();
  say("one");
  CHECK(first.wait_for("one"));
}

TEST_CASE_METHOD(fixture, "what happens after the last client left reaches the "
                          "next") {
  http_client first{port};
  first.request("GET", "/events", {}, "token");
  REQUIRE(first.wait_for(connected));
  first.close();
  // The leaving is seen when the event log keeps instead of writing.
  for (bool kept = false; !kept;) {
    say("mark");
    http_client probe{port};
    probe.request("GET", "/events", {}, "token");
    REQUIRE(probe.wait_for(connected));
    kept = probe.got().find("mark") != std::string::npos;
  }
}

TEST_CASE_METHOD(fixture,
                 "HEAD of the events opens no stream (contract 19/7)") {
  say("kept");
  http_client client{port};
  client.request("HEAD", "/events", {}, "token");
  const auto head = client.answer(true);
  CHECK(head.status == 200);
  CHECK(head.has("Content-Type: text/event-stream"));
  client.request("GET", "/health");
  CHECK(client.answer().status == 200);
  client.request("GET", "/events", {}, "token");
  REQUIRE(client.wait_for(connected));
  CHECK(client.got().find("kept") != std::string::npos);
}

TEST_CASE("before the edge is connected health is answered and the rest waits",
          "[server]") {
  fixture f{wired::later};
  http_client events{f.port};
  events.request("GET", "/events", {}, "token");
  http_client command{f.port};
  command.request("POST", "/command", "hello", "token");
  http_client boot{f.port};
  boot.request("GET", "/boot", {}, "token");
  http_client waiter{f.port};
  waiter.request("GET", "/health?wait=hasSession&timeout=30");
  { // One that does not wait is not missed.
    http_client gone{f.port};
    gone.request("POST", "/command", "gone", "token");
  }
  CHECK(f.get("/health").status == 200);
  CHECK(f.get("/nothing").status == 404);
  f.on_io([&f] { f.connect(); });
  CHECK(events.wait_for(connected));
  CHECK(command.answer().body == "run-1:hello");
  CHECK(boot.answer().body == R"({"boxes":[]})");
  f.publish(readiness::ready);
  f.on_io(
    [&f] { caf::anon_send(f.server->watch(f.unit), readiness_changed{}); });
  CHECK(waiter.answer().body.find(R"("hasSession":true)") != std::string::npos);
}

TEST_CASE("an edge that is closed before it was connected answers who waits",
          "[server]") {
  fixture f{wired::later};
  http_client boot{f.port};
  boot.request("GET", "/boot", {}, "token");
  CHECK(f.get("/health").status == 200);
  f.on_io([&f] { f.server->close(); });
  CHECK(boot.answer().status == 500);
}

TEST_CASE_METHOD(fixture, "closed streams end in good order") {
  http_client client{port};
  client.request("GET", "/events", {}, "token");
  REQUIRE(client.wait_for(connected));
  say("last");
  caf::anon_send(events, close_streams{});
  REQUIRE(client.wait_for("\r\n0\r\n\r\n"));
  CHECK(client.got().find("last") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a client that reads nothing is cut, others go on") {
  http_client slow{port};
  slow.request("GET", "/events", {}, "token");
  REQUIRE(slow.wait_for(connected));
  http_client fast{port};
  fast.request("GET", "/events", {}, "token");
  REQUIRE(fast.wait_for(connected));
  const std::string big(1u << 20, 'x');
  std::size_t received = 0;
  for (int i = 0; i < 40; ++i) {
    say(big + std::to_string(i) + "!");
    REQUIRE(fast.wait_for(std::to_string(i) + "!"));
    received = fast.got().size();
  }
  CHECK(received > 40 * big.size());
  CHECK(slow.closed());
  CHECK(slow.got().size() < 40 * big.size());
}

TEST_CASE_METHOD(fixture, "a command is answered with the reply to it") {
  const auto answer = post("/command", "hello");
  CHECK(answer.status == 200);
  CHECK(answer.body == "run-1:hello");
  CHECK(answer.has("Content-Type: application/json"));
  CHECK(post("/command", "none").status == 400);
}

TEST_CASE_METHOD(fixture, "a command needs a token, and the refusal has no "
                          "code") {
  const auto answer = post("/command", "hello", "");
  CHECK(answer.status == 401);
  CHECK(answer.body == R"({"error":"Missing authorization header"})");
}

TEST_CASE_METHOD(fixture, "a command that fails is a server error in plain "
                          "text") {
  const auto answer = post("/command", "fail");
  CHECK(answer.status == 500);
  CHECK(answer.body == "Internal Server Error");
  CHECK(answer.has("Content-Type: text/plain; charset=UTF-8"));
}

TEST_CASE_METHOD(fixture, "a command may take its time, and others pass it") {
  http_client patient{port};
  patient.request("POST", "/command", "hold", "token");
  http_client impatient{port};
  impatient.request("POST", "/command", "hold", "token");
  CHECK(get("/health").status == 200);
  impatient.close();
  CHECK(post("/command", "go").status == 200);
  CHECK(patient.answer().body == "released");
}

TEST_CASE_METHOD(fixture, "a body over 32 MiB is too large, one of 32 MiB is "
                          "not") {
  const auto refused =
    post("/command", std::string(routes::max_body_bytes + 1, 'x'));
  CHECK(refused.status == 413);
  CHECK(refused.body.rfind(R"({"error":)", 0) == 0);
  const auto taken = post("/command", std::string(routes::max_body_bytes, 'x'));
  CHECK(taken.status == 200);
  CHECK(taken.body.size() == routes::max_body_bytes + 6);
}

TEST_CASE_METHOD(fixture,
                 "a body far over the bound is read and refused, and the "
                 "connection goes on") {
  http_client client{port};
  client.request("POST", "/command",
                 std::string(2 * routes::max_body_bytes + 1, 'x'), "token");
  CHECK(client.answer().status == 413);
  client.request("GET", "/health");
  CHECK(client.answer().status == 200);
}

TEST_CASE_METHOD(fixture, "a body without an announced size has the same "
                          "bound") {
  http_client client{port};
  client.send("POST /command HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
              "token\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk(1u << 20, 'x');
  for (int i = 0; i < 70; ++i)
    client.send("100000\r\n" + chunk + "\r\n");
  client.send("0\r\n\r\n");
  CHECK(client.answer().status == 413);
  client.request("GET", "/health");
  CHECK(client.answer().status == 200);
}

TEST_CASE_METHOD(fixture, "a body that is announced as gigabytes is refused "
                          "before it comes") {
  for (const auto* method : {"POST", "GET"}) {
    http_client client{port};
    client.send(std::string{method}
                + " /command HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n"
                  "Content-Length: 8000000000\r\n\r\n");
    const auto answer = client.answer();
    CHECK(answer.status == 413);
    CHECK(answer.has("Connection: close"));
    CHECK(client.closed());
  }
}

TEST_CASE_METHOD(fixture, "a parse error closes its connection and harms "
                          "nobody else") {
  http_client listening{port};
  listening.request("GET", "/events", {}, "token");
  REQUIRE(listening.wait_for(connected));
  for (const auto* nonsense :
       {"nonsense\r\n\r\n", "GET /health HTTP/1.1\r\nno colon\r\n\r\n",
        "POST /command HTTP/1.1\r\nContent-Length: x\r\n\r\n"}) {
    http_client client{port};
    client.send(nonsense);
    CHECK(client.closed());
    CHECK(client.got().empty());
  }
  say("still here");
  CHECK(listening.wait_for("still here"));
}

TEST_CASE_METHOD(fixture,
                 "a request to upgrade is answered as if it were not") {
  http_client client{port};
  client.send("GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, "
              "HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n");
  CHECK(client.answer().status == 200);
  CHECK(client.closed());
  CHECK(client.got().empty());
}

TEST_CASE_METHOD(fixture, "requests sent in one go are answered in order") {
  http_client client{port};
  std::string requests;
  for (int i = 0; i < 5; ++i)
    requests += "POST /command HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                "token\r\nContent-Length: 1\r\n\r\n"
                + std::to_string(i);
  client.send(requests);
  for (int i = 0; i < 5; ++i)
    CHECK(client.answer().body == "run-1:" + std::to_string(i));
}

TEST_CASE_METHOD(fixture, "the boot report is for those with a token") {
  CHECK(get("/boot").status == 401);
  for (const auto* token : {"token", "read-token"}) {
    const auto answer = get("/boot", token);
    CHECK(answer.status == 200);
    CHECK(answer.body == R"({"boxes":[]})");
  }
}
