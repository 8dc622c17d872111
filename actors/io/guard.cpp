#include "actors/io/guard.hpp"

#include "actors/io/process_tree.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace agent_server {

namespace {

using namespace std::chrono_literals;

constexpr const char* guard_name = "session-guard";
constexpr auto term_grace = 2s;
// Bounds the fight with processes that fork while they are killed.
constexpr auto kill_limit = 5s;
constexpr auto look_interval = 20ms;

// The guard shares our arguments until it overwrites its copy of them.
void rename_process(int argc, char** argv) {
  prctl(PR_SET_NAME, guard_name);
  if (argc < 1 || argv == nullptr || argv[0] == nullptr)
    return;
  char* begin = argv[0];
  char* end = begin + std::strlen(begin);
  for (int i = 1; i < argc && argv[i] == end + 1; ++i)
    end += 1 + std::strlen(argv[i]);
  const auto room = static_cast<std::size_t>(end - begin);
  std::memset(begin, 0, room);
  std::string_view{guard_name}.copy(begin, room);
}

void leave_everything_but(int socket) {
  setsid();
  for (const int signal :
       {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2})
    std::signal(signal, SIG_IGN);
  // The agent must see the end of its input, and whoever reads our output its
  // end, though the guard still lives.
  if (socket > 0)
    close_range(0, static_cast<unsigned>(socket) - 1, 0);
  close_range(static_cast<unsigned>(socket) + 1, ~0u, 0);
  if (chdir("/") != 0)
    return; // A busy mount is the worst that comes of it.
}

// Takes the whole lines "+<group>" and "-<group>" off the front of `text`.
void take_lines(std::string& text, std::vector<pid_t>& groups) {
  std::size_t begin = 0;
  for (auto end = text.find('\n'); end != std::string::npos;
       end = text.find('\n', begin)) {
    const auto line = std::string_view{text}.substr(begin, end - begin);
    begin = end + 1;
    pid_t group = 0;
    if (line.size() < 2)
      continue;
    std::from_chars(line.data() + 1, line.data() + line.size(), group);
    std::erase(groups, group);
    if (line[0] == '+' && group > 1)
      groups.push_back(group);
  }
  text.erase(0, begin);
}

// Blocks until the other side is gone.
std::vector<pid_t> follow(int socket) {
  std::vector<pid_t> groups;
  std::string text;
  std::array<char, 256> buffer{};
  while (true) {
    const auto count = read(socket, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return groups;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    take_lines(text, groups);
  }
}

void end_processes(const std::vector<pid_t>& groups,
                   const std::string& marker) {
  const auto started = std::chrono::steady_clock::now();
  auto left = processes_of(groups, marker);
  signal_all(left, SIGTERM);
  while (!left.empty()
         && std::chrono::steady_clock::now() - started < term_grace) {
    std::this_thread::sleep_for(look_interval);
    left = processes_of(groups, marker);
  }
  while (!left.empty()
         && std::chrono::steady_clock::now() - started
              < term_grace + kill_limit) {
    kill_processes_of(groups, marker);
    std::this_thread::sleep_for(look_interval);
    left = processes_of(groups, marker);
  }
}

[[noreturn]] void be_the_guard(int socket, int argc, char** argv,
                               const std::string& marker) {
  rename_process(argc, argv);
  leave_everything_but(socket);
  end_processes(follow(socket), marker);
  _exit(0);
}

} // namespace

guard_link::guard_link(int socket, pid_t guard)
  : socket_(new int{socket},
            [](int* fd) {
              close(*fd);
              delete fd;
            }),
    guard_(guard) {}

void guard_link::watch(pid_t group) {
  tell('+', group);
}

void guard_link::forget(pid_t group) {
  tell('-', group);
}

void guard_link::tell(char what, pid_t group) {
  if (!socket_)
    return;
  const auto line = what + std::to_string(group) + "\n";
  // It fails only when the guard is dead, and then nothing can be done.
  [[maybe_unused]] const auto sent =
    send(*socket_, line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

guard_link start_guard(int argc, char** argv, const std::string& marker) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return {};
  const auto pid = fork();
  if (pid == 0)
    be_the_guard(ends[1], argc, argv, marker);
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    return {};
  }
  return guard_link{ends[0], pid};
}

} // namespace agent_server
