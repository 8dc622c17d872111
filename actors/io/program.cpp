#include "actors/io/program.hpp"

#include "actors/io/process_tree.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace agent_server {

namespace {

using clock = std::chrono::steady_clock;
using outcome = program_result::outcome;

constexpr std::size_t max_error_output = 16u << 10;

class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { reset(); }

  int get() const { return fd_; }
  void reset(int fd = -1) {
    if (fd_ >= 0)
      close(fd_);
    fd_ = fd;
  }

private:
  int fd_ = -1;
};

// A file rather than a pipe: nobody has to feed it, and whoever does not read
// it to its end harms nobody.
int open_input(const program_call& call) {
  if (!call.input_file.empty())
    return open(call.input_file.c_str(), O_RDONLY | O_CLOEXEC);
  if (call.input.empty())
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int fd = memfd_create("input", MFD_CLOEXEC);
  std::string_view left = call.input;
  while (fd >= 0 && !left.empty()) {
    const auto written = write(fd, left.data(), left.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0) {
      close(fd);
      return -1;
    }
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  if (fd >= 0)
    lseek(fd, 0, SEEK_SET);
  return fd;
}

bool open_pipe(descriptor& read_end, descriptor& write_end) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    return false;
  read_end.reset(ends[0]);
  write_end.reset(ends[1]);
  return fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const auto& text : texts)
    result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

// Returns 0, or the errno of what failed.
int start(const program_call& call, int in, int out, int err, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  if (!call.directory.empty())
    posix_spawn_file_actions_addchdir_np(&actions, call.directory.c_str());
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const auto argv = pointers(call.arguments);
  const auto environment = pointers(call.environment);
  const int error = posix_spawn(&pid, call.program.c_str(), &actions,
                                &attributes, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error;
}

void kill_tree(pid_t root) {
  const auto all = running_processes(zombies::excluded);
  std::vector<pid_t> tree{root};
  for (std::size_t i = 0; i < tree.size(); ++i)
    for (const auto& process : all)
      if (process.parent == tree[i])
        tree.push_back(process.pid);
  signal_all(tree, SIGKILL);
}

enum class stream : std::uint8_t { open, ended };

stream drain(int fd, std::string& into, std::size_t limit, bool& overflowed) {
  std::array<char, 64u << 10> block{};
  for (;;) {
    const auto count = read(fd, block.data(), block.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return errno == EAGAIN ? stream::open : stream::ended;
    if (count == 0)
      return stream::ended;
    const auto room = limit - into.size();
    const auto size = static_cast<std::size_t>(count);
    overflowed = overflowed || size > room;
    into.append(block.data(), std::min(size, room));
  }
}

/// Reads what a process writes until it has ended.
class reader {
public:
  reader(const program_call& call, int out, int err, int pidfd)
    : call_(call), fds_{{{out, POLLIN, 0},
                         {err, POLLIN, 0},
                         {pidfd, POLLIN, 0}}} {}

  void read_to_end(program_result& result) {
    const auto deadline = clock::now() + call_.limit;
    bool too_much = false;
    for (;;) {
      const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
      const int ready =
        poll(fds_.data(), fds_.size(),
             static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
      if (ready < 0 && errno == EINTR)
        continue;
      if (ready <= 0) {
        result.how = outcome::too_slow;
        return;
      }
      const bool ended = fds_[2].revents != 0;
      bool ignored = false;
      take(fds_[0], result.output, call_.max_output, too_much);
      take(fds_[1], result.error_output, max_error_output, ignored);
      if (too_much) {
        result.how = outcome::too_much;
        return;
      }
      // What it started may hold the pipes for longer than it lives.
      if (ended)
        return;
    }
  }

private:
  static void take(pollfd& from, std::string& into, std::size_t limit,
                   bool& overflowed) {
    if (from.fd >= 0
        && drain(from.fd, into, limit, overflowed) == stream::ended)
      from.fd = -1;
  }

  const program_call& call_;
  std::array<pollfd, 3> fds_;
};

program_result not_started(const program_call& call, int error) {
  program_result result;
  result.how = outcome::not_started;
  result.error_output =
    "cannot start " + call.program + ": " + std::strerror(error);
  return result;
}

} // namespace

program_result run_program(const program_call& call) {
  descriptor in{open_input(call)};
  descriptor out;
  descriptor err;
  descriptor out_of_child;
  descriptor err_of_child;
  if (in.get() < 0 || !open_pipe(out, out_of_child)
      || !open_pipe(err, err_of_child))
    return not_started(call, errno);
  pid_t pid = -1;
  if (const int error =
        start(call, in.get(), out_of_child.get(), err_of_child.get(), pid);
      error != 0)
    return not_started(call, error);
  out_of_child.reset();
  err_of_child.reset();
  // <sys/pidfd.h> of glibc 2.36 cannot be linked from C++.
  const descriptor pidfd{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
  program_result result;
  reader{call, out.get(), err.get(), pidfd.get()}.read_to_end(result);
  if (result.how != outcome::ended)
    kill_tree(pid);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  result.status =
    WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

} // namespace agent_server
