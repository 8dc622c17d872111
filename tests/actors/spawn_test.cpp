#include "actors/io/spawn.hpp"

#include "actors/io/file_limit.hpp"
#include "actors/io/inherited_mark.hpp"
#include "messages/error.hpp"
#include "tests/actors/io_fixture.hpp"
#include "tests/actors/processes.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace agent_server;
using namespace agent_server::test;

namespace {

std::string read_all(int fd) {
  std::string result;
  std::array<char, 4096> buffer{};
  while (true) {
    pollfd waiting{fd, POLLIN, 0};
    poll(&waiting, 1, 10'000);
    const auto count = read(fd, buffer.data(), buffer.size());
    if (count <= 0)
      return result;
    result.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

void finish(const spawned_child& child) {
  kill(-child.pid, SIGKILL);
  waitpid(child.pid, nullptr, 0);
  child_was_reaped(child.pid);
  for (const int fd :
       {child.pidfd, child.stdin_fd, child.stdout_fd, child.stderr_fd})
    close(fd);
}

std::string output_of(const launch_plan& plan) {
  const auto child = spawn_child(plan);
  REQUIRE(child);
  auto result = read_all(child->stdout_fd);
  finish(*child);
  return result;
}

} // namespace

TEST_CASE("a child gets its arguments, directory and nothing but the plan's "
          "environment",
          "[spawn]") {
  scratch_directory directory;
  launch_plan plan{"/bin/sh",
                   {"by-any-name", "-c", "echo $0; pwd; env | sort", "zero"},
                   {"ONE=1", "TWO=two words"},
                   directory.path()};
  CHECK(output_of(plan)
        == "zero\n" + directory.path() + "\nONE=1\nPWD=" + directory.path()
             + "\nTWO=two words\n");
}

TEST_CASE("a child has no descriptor of ours but its three pipes", "[spawn]") {
  const int leaky = open("/dev/null", O_RDONLY);
  CHECK(output_of(shell("ls /proc/$$/fd")) == "0\n1\n2\n");
  close(leaky);
}

TEST_CASE("a child leads a group of its own", "[spawn]") {
  const auto child = spawn_child(shell("sleep 60"));
  REQUIRE(child);
  CHECK(getpgid(child->pid) == child->pid);
  finish(*child);
}

TEST_CASE("a child ignores and blocks no signal though we do", "[spawn]") {
  auto* const before = std::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t mask_before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigprocmask(SIG_BLOCK, &blocked, &mask_before);
  const auto status =
    output_of({"/bin/cat", {"cat", "/proc/self/status"}, {}, "/"});
  const auto signals = [&](const std::string& field) {
    // Two above the standard ones belong to the C library.
    return std::stoull(status.substr(status.find(field) + field.size()),
                       nullptr, 16)
           & 0x7fffffff;
  };
  CHECK(signals("SigBlk:") == 0);
  CHECK(signals("SigIgn:") == 0);
  sigprocmask(SIG_SETMASK, &mask_before, nullptr);
  std::signal(SIGPIPE, before);
}

TEST_CASE("a child has the limit of open files that we were started with",
          "[spawn]") {
  rlimit start{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &start) == 0);
  auto lowered = start;
  lowered.rlim_cur = 200;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &lowered) == 0);
  CHECK(raise_file_limit() == start.rlim_max);
  CHECK(output_of(shell("ulimit -Sn")) == "200\n");
  rlimit after{};
  getrlimit(RLIMIT_NOFILE, &after);
  CHECK(after.rlim_cur == start.rlim_max);
}

TEST_CASE("a child and its children bear the mark of the plan, and we do not",
          "[spawn]") {
  const inherited_mark mark{"MARK=spawn-test"};
  const auto child =
    spawn_child(shell("setsid env -i sleep 60 & wait", "MARK=spawn-test"));
  REQUIRE(child);
  CHECK(mark.is_on(child->pid));
  CHECK_FALSE(inherited_mark{"MARK=other"}.is_on(child->pid));
  CHECK_FALSE(mark.is_on(getpid()));
  REQUIRE(wait_until([&] { return processes_of(child->pid, {}).size() == 2; }));
  for (const auto pid : processes_of(child->pid, {}))
    CHECK(mark.is_on(pid));
  kill_processes_of({child->pid}, "MARK=spawn-test");
  finish(*child);
}

TEST_CASE("our ends of the pipes never block and are closed on exec",
          "[spawn]") {
  const auto child = spawn_child(shell("sleep 60"));
  REQUIRE(child);
  for (const int fd : {child->stdin_fd, child->stdout_fd, child->stderr_fd}) {
    CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK((fcntl(child->pidfd, F_GETFD) & FD_CLOEXEC) != 0);
  finish(*child);
}

TEST_CASE("a program that does not exist is named with the reason", "[spawn]") {
  const auto child = spawn_child({"/no/such/agent", {"agent"}, {}, "/"});
  REQUIRE_FALSE(child);
  CHECK(code_of(child.error()) == ec::agent_not_found);
  CHECK(describe(child.error())
        == "cannot start /no/such/agent: No such file or directory");
}

TEST_CASE("a file that is not executable is named with the reason", "[spawn]") {
  const auto child = spawn_child({"/etc/passwd", {"agent"}, {}, "/"});
  REQUIRE_FALSE(child);
  CHECK(describe(child.error())
        == "cannot start /etc/passwd: Permission denied");
}

TEST_CASE("a directory that does not exist is named, not the program",
          "[spawn]") {
  const auto child = spawn_child({"/bin/true", {"true"}, {}, "/no/such/dir"});
  REQUIRE_FALSE(child);
  CHECK(code_of(child.error()) == ec::agent_not_found);
  CHECK(describe(child.error())
        == "cannot start /bin/true in the directory /no/such/dir: No such "
           "file or directory");
}

TEST_CASE("a script whose interpreter is missing is explained", "[spawn]") {
  scratch_directory directory;
  const auto script = directory / "agent";
  {
    std::ofstream file{script};
    file << "#!/no/such/node\n";
  }
  chmod(script.c_str(), 0755);
  const auto child = spawn_child({script, {"agent"}, {}, "/"});
  REQUIRE_FALSE(child);
  CHECK(describe(child.error()).find("interpreter") != std::string::npos);
}
