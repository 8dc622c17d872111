#include "actors/io/guard.hpp"

#include "actors/io/process_tree.hpp"
#include "actors/io/spawn.hpp"
#include "tests/actors/io_fixture.hpp"
#include "tests/actors/processes.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

using namespace agent_server;
using namespace agent_server::test;

namespace {

// A guard that still works must not find the processes of the next test.
std::string fresh_marker() {
  static int count = 0;
  return "ACP_PROCESS_MARK=guard-test-" + std::to_string(getpid()) + "-"
         + std::to_string(++count);
}

// Plays the server: a process of its own that runs `script` under a guard.
class fake_server {
public:
  explicit fake_server(
    const std::string& script,
    const std::function<void(guard_link&, pid_t)>& then = [](guard_link&,
                                                             pid_t) {}) {
    const auto marker = fresh_marker();
    int ready[2];
    REQUIRE(pipe(ready) == 0);
    pid_ = fork();
    if (pid_ != 0) {
      close(ready[1]);
      char byte = 0;
      REQUIRE(read(ready[0], &byte, 1) == 1);
      close(ready[0]);
      return;
    }
    const auto child = spawn_child(shell(script, marker));
    char arguments[] = "/usr/bin/agent-server\0--taskId\0secret";
    char* argv[] = {arguments, arguments + 22, arguments + 31, nullptr};
    auto link = start_guard(3, argv, marker);
    link.watch(child->pid);
    then(link, child->pid);
    if (write(ready[1], "r", 1) == 1)
      pause();
    _exit(0);
  }

  ~fake_server() { kill_it(); }
  fake_server(const fake_server&) = delete;
  fake_server& operator=(const fake_server&) = delete;

  pid_t pid() const { return pid_; }

  void kill_it() {
    if (pid_ <= 0)
      return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

private:
  pid_t pid_ = 0;
};

bool gone(pid_t pid) {
  return wait_until([=] { return !runs(pid); });
}

} // namespace

TEST_CASE("a server killed by KILL leaves nothing of its agent", "[guard]") {
  scratch_directory files;
  fake_server server{"echo $$ > " + (files / "agent")
                     + "; (echo $BASHPID; "
                       "exec sleep 1000) & echo $! > "
                     + (files / "tool") + "; wait"};
  const auto agent = pid_in(files / "agent");
  const auto tool = pid_in(files / "tool");
  REQUIRE(runs(agent));
  REQUIRE(runs(tool));
  server.kill_it();
  CHECK(gone(agent));
  CHECK(gone(tool));
}

TEST_CASE("a daemon that left the agent's group and lost its parent ends with "
          "the server",
          "[guard]") {
  scratch_directory files;
  fake_server server{"setsid sh -c 'echo $$ > " + (files / "daemon")
                     + "; exec sleep 1000' & sleep 1000"};
  const auto daemon = pid_in(files / "daemon");
  REQUIRE(getpgid(daemon) == daemon);
  server.kill_it();
  CHECK(gone(daemon));
}

TEST_CASE("a daemon that cleared its environment too ends with the server",
          "[guard]") {
  scratch_directory files;
  fake_server server{"echo $$ > " + (files / "agent")
                     + "; (setsid env -i sh -c 'echo $$ > " + (files / "daemon")
                     + "; exec sleep 1000' &); sleep 1000"};
  const auto agent = pid_in(files / "agent");
  const auto daemon = pid_in(files / "daemon");
  REQUIRE(wait_until([=] { return is_on_its_own(daemon, agent); }));
  server.kill_it();
  CHECK(gone(daemon));
}

TEST_CASE("whoever ignores TERM is killed after two seconds", "[guard]") {
  scratch_directory files;
  fake_server server{"trap '' TERM; echo $$ > " + (files / "agent")
                     + "; while :; do sleep 1; done"};
  const auto agent = pid_in(files / "agent");
  server.kill_it();
  CHECK(gone(agent));
}

TEST_CASE("an agent that tidies up at TERM is given the time", "[guard]") {
  scratch_directory files;
  fake_server server{"exec 2>/dev/null; trap 'sleep 0.3; echo 1 > "
                     + (files / "tidy") + "; exit' TERM; echo $$ > "
                     + (files / "agent") + "; while :; do sleep 0.05; done"};
  pid_in(files / "agent");
  server.kill_it();
  CHECK(pid_in(files / "tidy") == 1);
}

TEST_CASE("a group that was reported gone is left alone", "[guard]") {
  scratch_directory files;
  const auto other = spawn_child(shell("exec sleep 1000"));
  REQUIRE(other);
  fake_server server{"echo $$ > " + (files / "agent") + "; sleep 1000",
                     [&](guard_link& link, pid_t) {
                       link.watch(other->pid);
                       link.forget(other->pid);
                     }};
  const auto agent = pid_in(files / "agent");
  server.kill_it();
  CHECK(gone(agent));
  CHECK(runs(other->pid));
  kill(-other->pid, SIGKILL);
  waitpid(other->pid, nullptr, 0);
  child_was_reaped(other->pid);
}

TEST_CASE("the guard shows neither our name nor our arguments, and ends after "
          "its work",
          "[guard]") {
  scratch_directory files;
  const auto note = files / "guard";
  fake_server server{"sleep 1000", [&](guard_link& link, pid_t) {
                       std::ofstream file{note};
                       file << link.guard() << '\n';
                     }};
  const auto guard = pid_in(note);
  REQUIRE(wait_until([&] {
    return read_text("/proc/" + std::to_string(guard) + "/comm")
           == "session-guard\n";
  }));
  CHECK(wait_until([&] { return getsid(guard) == guard; }));
  server.kill_it();
  CHECK(gone(guard));
}

TEST_CASE("processes are found by group, by descent and by marker", "[guard]") {
  scratch_directory files;
  const auto marker = fresh_marker();
  // The second carries another marker, so only its parent gives it away.
  const auto child = spawn_child(shell("echo $$ > " + (files / "a")
                                         + "; setsid env ACP_PROCESS_MARK=x sh "
                                           "-c 'echo $$ > "
                                         + (files / "b")
                                         + "; exec sleep 1000' & "
                                           "(setsid sh -c 'echo $$ > "
                                         + (files / "c")
                                         + "; exec sleep 1000' "
                                           "&) ; wait",
                                       marker));
  REQUIRE(child);
  const auto a = pid_in(files / "a");
  const auto b = pid_in(files / "b");
  const auto c = pid_in(files / "c");
  const auto found = processes_of(child->pid, marker);
  for (const auto pid : {a, b, c})
    CHECK(std::find(found.begin(), found.end(), pid) != found.end());
  CHECK(processes_of(child->pid, marker + "-not").size() < found.size());
  kill_processes_of({child->pid}, marker);
  for (const auto pid : {a, b, c})
    CHECK(gone(pid));
  waitpid(child->pid, nullptr, 0);
  child_was_reaped(child->pid);
}
