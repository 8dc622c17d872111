#include "actors/io/spawn.hpp"

#include "actors/io/file_limit.hpp"
#include "actors/io/inherited_mark.hpp"
#include "actors/io/process_tree.hpp"
#include "messages/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <spawn.h>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace agent_server {

namespace {

constexpr int stdout_pipe_size = 1 << 20;

// Started by `spawn_child` and not yet waited for; one thread only.
std::vector<pid_t> own_children;

class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() {
    if (fd_ >= 0)
      close(fd_);
  }

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

private:
  int fd_ = -1;
};

struct pipe_pair {
  descriptor read;
  descriptor write;
};

// Above the three standard ones, so that moving one of the child's ends into
// place cannot overwrite another.
descriptor above_standard(int fd) {
  descriptor original{fd};
  if (fd > STDERR_FILENO)
    return original;
  return descriptor{fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
}

bool make_pipe(pipe_pair& result) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    return false;
  result.read = above_standard(ends[0]);
  result.write = above_standard(ends[1]);
  return result.read.get() >= 0 && result.write.get() >= 0;
}

void make_non_blocking(const descriptor& fd) {
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

class spawn_settings {
public:
  spawn_settings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~spawn_settings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  spawn_settings(const spawn_settings&) = delete;
  spawn_settings& operator=(const spawn_settings&) = delete;

  // A group of its own; no signal ignored or blocked, though we do both.
  void isolate() {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP
                                            | POSIX_SPAWN_SETSIGMASK
                                            | POSIX_SPAWN_SETSIGDEF);
  }

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const auto& text : texts)
    result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

caf::error failure(const std::string& what, int error) {
  return make_failure(ec::agent_not_found, what + ": " + std::strerror(error));
}

// posix_spawn gives one number for all that can be wrong.
caf::error explain(const launch_plan& plan, int error) {
  if (!plan.directory.empty() && access(plan.directory.c_str(), X_OK) != 0)
    return failure("cannot start " + plan.program + " in the directory "
                     + plan.directory,
                   errno);
  if (error == ENOENT && access(plan.program.c_str(), F_OK) == 0)
    return make_failure(ec::agent_not_found,
                        "cannot start " + plan.program
                          + ": the interpreter that its first line names does "
                            "not exist");
  return failure("cannot start " + plan.program, error);
}

int start(const launch_plan& plan, const pipe_pair& in, const pipe_pair& out,
          const pipe_pair& err, pid_t& pid) {
  spawn_settings settings;
  auto* actions = &settings.actions;
  if (!plan.directory.empty())
    posix_spawn_file_actions_addchdir_np(actions, plan.directory.c_str());
  posix_spawn_file_actions_adddup2(actions, in.read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(actions, out.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(actions, err.write.get(), STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
  settings.isolate();
  const auto argv = pointers(plan.arguments);
  const auto environment = pointers(plan.environment);
  const original_file_limit limit;
  std::optional<inherited_mark::given_to_children> mark;
  if (!plan.mark.empty())
    mark.emplace(inherited_mark{plan.mark});
  return posix_spawn(&pid, plan.program.c_str(), actions, &settings.attributes,
                     argv.data(), environment.data());
}

} // namespace

caf::expected<spawned_child> spawn_child(const launch_plan& plan) {
  pipe_pair in;
  pipe_pair out;
  pipe_pair err;
  if (!make_pipe(in) || !make_pipe(out) || !make_pipe(err))
    return failure("cannot start " + plan.program + ": no pipe", errno);
  make_non_blocking(in.write);
  make_non_blocking(out.read);
  make_non_blocking(err.read);
  // A big line then needs fewer turns; refused where the user has no quota.
  fcntl(out.read.get(), F_SETPIPE_SZ, stdout_pipe_size);
  spawned_child child;
  if (const int error = start(plan, in, out, err, child.pid); error != 0)
    return explain(plan, error);
  // <sys/pidfd.h> of glibc 2.36 cannot be linked from C++.
  child.pidfd = static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0));
  if (child.pidfd < 0) {
    const int error = errno;
    kill(-child.pid, SIGKILL);
    waitpid(child.pid, nullptr, 0);
    return failure("cannot watch " + plan.program
                     + " (Linux 5.3 or later is needed)",
                   error);
  }
  own_children.push_back(child.pid);
  child.stdin_fd = in.write.release();
  child.stdout_fd = out.read.release();
  child.stderr_fd = err.read.release();
  return child;
}

void reap_orphans() {
  const auto self = getpid();
  const auto own_group = getpgrp();
  for (const auto& process : running_processes(zombies::included)) {
    // Whoever shares our group was started here by some other means.
    if (process.parent != self || !process.zombie || process.group == own_group)
      continue;
    if (std::find(own_children.begin(), own_children.end(), process.pid)
        == own_children.end())
      waitpid(process.pid, nullptr, WNOHANG);
  }
}

void child_was_reaped(pid_t pid) {
  std::erase(own_children, pid);
}

} // namespace agent_server
