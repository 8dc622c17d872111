#include "actors/io/child_process.hpp"

#include "actors/io/line_splitter.hpp"
#include "tests/actors/io_fixture.hpp"
#include "tests/actors/processes.hpp"

#include <atomic>
#include <caf/typed_event_based_actor.hpp>
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace agent_server;
using namespace agent_server::test;
using namespace std::chrono_literals;

namespace {

// Tests run side by side and must not find each other's processes.
const std::string marker =
  "ACP_PROCESS_MARK=child-process-test-" + std::to_string(getpid());

struct heard {
  std::vector<std::shared_ptr<const std::string>> lines;
  std::vector<std::uint32_t> generations;
  std::vector<process_gone> gone;
};

process_owner_actor::behavior_type listening(process_owner_actor::pointer,
                                             std::shared_ptr<heard> into) {
  return {
    [=](const process_line& m) {
      into->lines.push_back(m.line);
      into->generations.push_back(m.generation);
    },
    [=](const process_gone& m) { into->gone.push_back(m); },
  };
}

struct child_fixture : io_fixture {
  std::shared_ptr<heard> news = std::make_shared<heard>();
  process_owner_actor owner = system.spawn(listening, news);
  child_process_actor child;

  explicit child_fixture(std::optional<std::string> script = {}) {
    std::optional<spawned_child> first;
    if (script) {
      auto started = spawn_child(shell(*script, marker));
      REQUIRE(started);
      first = *started;
    }
    child = spawn(child_process, first, guard_link{}, marker);
  }

  void listen() { caf::anon_send(child, owner); }

  void start(std::uint32_t generation, std::string script) {
    caf::anon_send(child,
                   start_process{generation, shell(std::move(script), marker)});
  }

  void write(std::uint32_t generation, std::string line) {
    caf::anon_send(
      child, write_line{generation,
                        std::make_shared<const std::string>(std::move(line))});
  }

  bool has_lines(std::size_t count) {
    return run_until([&] { return news->lines.size() >= count; });
  }

  const process_gone& wait_for_gone() {
    REQUIRE(run_until([&] { return !news->gone.empty(); }));
    return news->gone.front();
  }

  bool stopped(std::chrono::milliseconds grace = 1s) {
    auto answer = ask<process_stopped>(child, stop_process{grace});
    return run_until([&] { return answer->value.has_value(); });
  }
};

std::vector<std::string> split(const std::vector<std::string>& pieces,
                               std::size_t max, bool& fits) {
  std::vector<std::string> result;
  line_splitter splitter{max};
  for (const auto& piece : pieces)
    fits = splitter.feed(piece, [&](std::shared_ptr<const std::string> line) {
      result.push_back(*line);
    });
  return result;
}

} // namespace

TEST_CASE("lines are found however the bytes are split", "[line_splitter]") {
  bool fits = false;
  CHECK(split({"one\ntw", "", "o", "\n\nthr", "ee\nfour"}, 10, fits)
        == std::vector<std::string>{"one", "two", "", "three"});
  CHECK(fits);
}

TEST_CASE("a line as long as the bound passes and a longer one does not",
          "[line_splitter]") {
  bool fits = false;
  CHECK(split({"12", "345\n"}, 5, fits) == std::vector<std::string>{"12345"});
  CHECK(fits);
  split({"12", "3456"}, 5, fits);
  CHECK_FALSE(fits);
  split({"123456\n"}, 5, fits);
  CHECK_FALSE(fits);
}

TEST_CASE("what a process wrote before it had an owner is not lost",
          "[child_process]") {
  child_fixture f{"echo early; exec cat"};
  f.run_for(50ms);
  CHECK(f.news->lines.empty());
  f.listen();
  REQUIRE(f.has_lines(1));
  CHECK(*f.news->lines[0] == "early");
  CHECK(f.news->generations[0] == 1);
}

TEST_CASE("lines written come back from cat in order", "[child_process]") {
  child_fixture f{"exec cat"};
  f.listen();
  for (int i = 0; i < 1000; ++i)
    f.write(1, "line " + std::to_string(i));
  REQUIRE(f.has_lines(1000));
  for (std::size_t i = 0; i < 1000; ++i)
    REQUIRE(*f.news->lines[i] == "line " + std::to_string(i));
}

TEST_CASE("a line that has its newline gets no second one", "[child_process]") {
  child_fixture f{"exec cat"};
  f.listen();
  f.write(1, "one\n");
  f.write(1, "two");
  REQUIRE(f.has_lines(2));
  f.run_for(20ms);
  CHECK(f.news->lines.size() == 2);
  CHECK(*f.news->lines[1] == "two");
}

TEST_CASE("a line of 30 MiB passes both ways", "[child_process]") {
  child_fixture f{"exec cat"};
  f.listen();
  const std::string big(30u << 20, 'x');
  f.write(1, big);
  f.write(1, "small");
  REQUIRE(f.has_lines(2));
  CHECK(*f.news->lines[0] == big);
  CHECK(*f.news->lines[1] == "small");
}

TEST_CASE("a line beyond the bound is the end of the process",
          "[child_process]") {
  child_fixture f{"echo $$; head -c 40000000 /dev/zero; sleep 1000"};
  f.listen();
  const auto& gone = f.wait_for_gone();
  CHECK(gone.misbehaved);
  CHECK(gone.how == "wrote a line of more than 32 MiB");
  const auto pid = std::stoi(*f.news->lines.at(0));
  CHECK(f.run_until([&] { return !runs(pid); }));
}

TEST_CASE("the last lines come before the news of the exit",
          "[child_process]") {
  child_fixture f{"i=0; while [ $i -lt 5000 ]; do echo $i; i=$((i+1)); done; "
                  "echo oops >&2; exit 3"};
  f.listen();
  const auto& gone = f.wait_for_gone();
  CHECK(gone.generation == 1);
  CHECK(gone.how == "exited with status 3");
  CHECK(gone.stderr_tail == "oops\n");
  CHECK_FALSE(gone.not_started);
  CHECK_FALSE(gone.misbehaved);
  REQUIRE(f.news->lines.size() == 5000);
  CHECK(*f.news->lines.back() == "4999");
}

TEST_CASE("an exit is reported though a descendant keeps the output open",
          "[child_process]") {
  child_fixture f{"echo last; sleep 1000 & exit 0"};
  f.listen();
  CHECK(f.wait_for_gone().how == "exited with status 0");
  CHECK(f.news->lines.size() == 1);
}

TEST_CASE("a process that ended before it had an owner is reported to it",
          "[child_process]") {
  child_fixture f{"echo last; exit 4"};
  f.run_for(100ms);
  f.listen();
  CHECK(f.wait_for_gone().how == "exited with status 4");
  CHECK(f.news->lines.size() == 1);
}

TEST_CASE("a signal that killed the process is named", "[child_process]") {
  child_fixture f{"kill -SEGV $$"};
  f.listen();
  CHECK(f.wait_for_gone().how == "was killed by signal 11 (SIGSEGV)");
}

TEST_CASE("a process that closes its output but lives is reported and ended",
          "[child_process]") {
  child_fixture f{"echo $$; exec sleep 1000 >/dev/null"};
  f.listen();
  CHECK(f.wait_for_gone().how == "closed its output");
  const auto pid = std::stoi(*f.news->lines.at(0));
  CHECK(f.run_until([&] { return !runs(pid); }));
}

TEST_CASE("a process that closes its input but lives is reported",
          "[child_process]") {
  child_fixture f{"exec 0</dev/null; echo closed; exec sleep 1000"};
  f.listen();
  REQUIRE(f.has_lines(1));
  f.write(1, "hello");
  CHECK(f.wait_for_gone().how == "closed its input");
}

TEST_CASE("a process that never reads is given up at 64 MiB",
          "[child_process]") {
  child_fixture f{"exec sleep 1000"};
  f.listen();
  for (int i = 0; i < 66; ++i)
    f.write(1, std::string(1u << 20, 'x'));
  const auto& gone = f.wait_for_gone();
  CHECK(gone.misbehaved);
  CHECK(gone.how == "left more than 64 MiB of its input unread");
}

TEST_CASE("of the standard error the last 64 KiB are kept", "[child_process]") {
  child_fixture f{"head -c 300000 /dev/zero | tr '\\0' a >&2; echo end >&2"};
  f.listen();
  const auto& tail = f.wait_for_gone().stderr_tail;
  CHECK(tail.size() == 65536);
  CHECK(tail.substr(tail.size() - 6) == "aaend\n");
}

TEST_CASE("descendants of a process that ended by itself are ended",
          "[child_process]") {
  scratch_directory files;
  child_fixture f{"(setsid sh -c 'echo $$ > " + (files / "daemon")
                  + "; exec sleep 1000' &) ; while [ ! -s " + (files / "daemon")
                  + " ]; do sleep 0.01; done"};
  f.listen();
  const auto daemon = pid_in(files / "daemon");
  CHECK(f.wait_for_gone().how == "exited with status 0");
  CHECK(f.run_until([&] { return !runs(daemon); }));
}

TEST_CASE("a process started in place of another takes its generation",
          "[child_process]") {
  child_fixture f{"echo $$; exec sleep 1000"};
  f.listen();
  REQUIRE(f.has_lines(1));
  const auto old = std::stoi(*f.news->lines[0]);
  f.start(2, "exec cat");
  f.write(1, "for the old one");
  f.write(2, "for the new one");
  REQUIRE(f.has_lines(2));
  CHECK(*f.news->lines[1] == "for the new one");
  CHECK(f.news->generations[1] == 2);
  CHECK(f.news->gone.empty());
  CHECK(f.run_until([&] { return !runs(old); }));
  // Its status was collected too.
  CHECK(f.run_until([&] { return kill(old, 0) != 0; }));
}

TEST_CASE("a process that cannot be started is reported with the reason",
          "[child_process]") {
  child_fixture f;
  f.listen();
  caf::anon_send(f.child, start_process{7, {"/no/such", {"x"}, {}, "/"}});
  const auto& gone = f.wait_for_gone();
  CHECK(gone.generation == 7);
  CHECK(gone.not_started);
  CHECK(gone.how == "cannot start /no/such: No such file or directory");
}

TEST_CASE("an owner named late hears that there was no start",
          "[child_process]") {
  child_fixture f;
  caf::anon_send(f.child, start_process{1, {"/no/such", {"x"}, {}, "/"}});
  f.run_for(20ms);
  f.listen();
  CHECK(f.wait_for_gone().not_started);
}

TEST_CASE("stopping ends the input and is answered when nothing is left",
          "[child_process]") {
  scratch_directory files;
  child_fixture f{"trap '' TERM; echo $$; cat > /dev/null; echo 1 > "
                  + (files / "ended")};
  f.listen();
  REQUIRE(f.has_lines(1));
  const auto pid = std::stoi(*f.news->lines[0]);
  REQUIRE(f.stopped());
  CHECK_FALSE(runs(pid));
  CHECK(kill(pid, 0) != 0);
  CHECK(f.news->gone.empty());
}

TEST_CASE("stopping kills whoever ignores TERM, daemons included, after the "
          "grace",
          "[child_process]") {
  scratch_directory files;
  child_fixture f{"trap '' TERM; setsid sh -c 'echo $$ > " + (files / "daemon")
                  + "; while :; do sleep 1; done' & echo $$; while :; do "
                    "sleep 1; done"};
  f.listen();
  REQUIRE(f.has_lines(1));
  const auto pid = std::stoi(*f.news->lines[0]);
  const auto daemon = pid_in(files / "daemon");
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(f.stopped(200ms));
  CHECK(std::chrono::steady_clock::now() - begin >= 200ms);
  CHECK_FALSE(runs(pid));
  CHECK_FALSE(runs(daemon));
}

TEST_CASE("stopping ends a daemon without group, environment and parent of the "
          "process",
          "[child_process]") {
  scratch_directory files;
  child_fixture f{"(setsid env -i sh -c 'echo $$ > " + (files / "daemon")
                  + "; exec sleep 1000' &); echo $$; exec cat"};
  f.listen();
  REQUIRE(f.has_lines(1));
  const auto agent = std::stoi(*f.news->lines[0]);
  const auto daemon = pid_in(files / "daemon");
  REQUIRE(wait_until([&] { return is_on_its_own(daemon, agent); }));
  REQUIRE(f.stopped());
  CHECK_FALSE(runs(daemon));
}

TEST_CASE("stopping is answered at once when nothing runs", "[child_process]") {
  child_fixture f;
  CHECK(f.stopped());
}

TEST_CASE("everyone who asks for the stop is answered", "[child_process]") {
  child_fixture f{"trap '' TERM; while :; do sleep 1; done"};
  f.listen();
  auto first = f.ask<process_stopped>(f.child, stop_process{60s});
  f.run_for(20ms);
  auto second = f.ask<process_stopped>(f.child, stop_process{50ms});
  CHECK(f.run_until([&] { return first->value && second->value; }));
}

TEST_CASE("a process can be started again after a stop", "[child_process]") {
  child_fixture f{"exec cat"};
  f.listen();
  REQUIRE(f.stopped());
  f.start(2, "echo again; exec cat");
  REQUIRE(f.has_lines(1));
  CHECK(*f.news->lines[0] == "again");
}

TEST_CASE("the end of the actor is the end of the process", "[child_process]") {
  child_fixture f{"trap '' TERM; echo $$; while :; do sleep 1; done"};
  f.listen();
  REQUIRE(f.has_lines(1));
  const auto pid = std::stoi(*f.news->lines[0]);
  auto answer = f.ask<process_stopped>(f.child, stop_process{60s});
  f.run_for(20ms);
  caf::anon_send_exit(f.child, caf::exit_reason::user_shutdown);
  CHECK(f.run_until([&] { return answer->done(); }));
  CHECK(answer->value);
  CHECK_FALSE(runs(pid));
}

TEST_CASE("orphans that come to us are reaped when they end",
          "[child_process]") {
  scratch_directory files;
  REQUIRE(mkfifo((files / "go").c_str(), 0600) == 0);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  child_fixture f{"(sh -c 'echo $$ > " + (files / "orphan") + "; read line < "
                  + (files / "go") + "' &); exec cat"};
  f.listen();
  f.run_for(50ms);
  const auto orphan = pid_in(files / "orphan");
  const int go = open((files / "go").c_str(), O_WRONLY);
  close(go);
  CHECK(f.run_until([&] { return kill(orphan, 0) != 0; }));
  CHECK(f.news->gone.empty());
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_CASE("whoever a hosted actor wakes does not run on its thread",
          "[hosted]") {
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", std::size_t{1});
  caf::actor_system system{config};
  asio::io_context io;
  io_unit unit{system, io};
  std::atomic<bool> handled{false};
  std::thread::id where;
  using relay_actor = caf::typed_actor<caf::reacts_to<int>>;
  const auto worker = system.spawn([&](relay_actor::pointer) {
    return relay_actor::behavior_type{[&](int) {
      where = std::this_thread::get_id();
      handled = true;
    }};
  });
  struct relay_state {};
  using relay_self =
    caf::stateful_actor<relay_state, hosted<relay_actor::base>>;
  const auto relay = spawn_hosted(unit, [=](relay_self* self) {
    return relay_actor::behavior_type{[=](int x) { self->send(worker, x); }};
  });
  caf::anon_send(relay, 1);
  REQUIRE(wait_until([&] {
    io.restart();
    io.run_one_for(5ms);
    return handled.load();
  }));
  CHECK(where != std::this_thread::get_id());
  caf::anon_send_exit(relay, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
  io.restart();
  io.poll();
}
