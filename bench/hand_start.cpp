// The floor of a boot: starts an agent by hand, sends initialize and
// session/new at once as the agent allows, and prints the ns from just before
// the spawn to each answer: <initialize> <session/new>.
// usage: hand_start COMMAND…
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace {

long long now() {
  timespec ts{};
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return ts.tv_sec * 1'000'000'000LL + ts.tv_nsec;
}

void send(int fd, const char* line) {
  if (write(fd, line, std::strlen(line)) < 0)
    std::perror("write");
}

bool read_line(int fd) {
  static char buffer[65536];
  for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;)
    if (buffer[n - 1] == '\n')
      return true;
  return false;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: hand_start COMMAND...\n", stderr);
    return 2;
  }
  int to_agent[2];
  int from_agent[2];
  if (pipe2(to_agent, O_CLOEXEC) != 0 || pipe2(from_agent, O_CLOEXEC) != 0)
    return 1;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, to_agent[0], 0);
  posix_spawn_file_actions_adddup2(&files, from_agent[1], 1);
  pid_t pid = 0;
  const auto began = now();
  if (posix_spawnp(&pid, argv[1], &files, nullptr, argv + 1, environ) != 0) {
    std::fprintf(stderr, "%s cannot be started\n", argv[1]);
    return 1;
  }
  close(to_agent[0]);
  close(from_agent[1]);
  send(to_agent[1], R"({"jsonrpc":"2.0","id":0,"method":"initialize",)"
                    R"("params":{"protocolVersion":1,)"
                    R"("clientCapabilities":{}}})"
                    "\n");
  const bool initialized = read_line(from_agent[0]);
  const auto first = now() - began;
  send(to_agent[1], R"({"jsonrpc":"2.0","id":1,"method":"session/new",)"
                    R"("params":{"cwd":"/tmp","mcpServers":[]}})"
                    "\n");
  const bool opened = read_line(from_agent[0]);
  const auto second = now() - began;
  close(to_agent[1]);
  kill(pid, SIGTERM);
  waitpid(pid, nullptr, 0);
  if (!initialized || !opened) {
    std::fputs("the agent did not answer\n", stderr);
    return 1;
  }
  std::printf("%lld %lld\n", first, second);
}
