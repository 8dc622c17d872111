// The floor of a boot: an agent started by hand.
//
// usage: hand_start COMMAND…
// Sends ACP's initialize and, once it is answered, session/new. Prints the ns
// from just before the spawn to each answer: <initialize> <session/new>.
//
// usage: hand_start --until TEXT COMMAND…
// Sends all of its own input at once, and waits until TEXT is in the agent's
// output. Prints CLOCK_MONOTONIC just before the spawn, and the ns from then:
// <began> <took>.
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <spawn.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

namespace {

long long now() {
  timespec ts{};
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return ts.tv_sec * 1'000'000'000LL + ts.tv_nsec;
}

void send(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto sent = write(fd, text.data(), text.size());
    if (sent < 0) {
      std::perror("write");
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string read_all(int fd) {
  std::string all;
  char buffer[65536];
  for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;)
    all.append(buffer, static_cast<std::size_t>(n));
  return all;
}

bool read_until(int fd, const std::string& text) {
  std::string seen;
  char buffer[65536];
  for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;) {
    const auto from = seen.size() < text.size() ? 0 : seen.size() - text.size();
    seen.append(buffer, static_cast<std::size_t>(n));
    if (seen.find(text, from) != std::string::npos)
      return true;
  }
  return false;
}

struct agent {
  pid_t pid = 0;
  int input = -1;
  int output = -1;
  long long began = 0;
};

bool start(char** command, agent& started) {
  int to_agent[2];
  int from_agent[2];
  if (pipe2(to_agent, O_CLOEXEC) != 0 || pipe2(from_agent, O_CLOEXEC) != 0)
    return false;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, to_agent[0], 0);
  posix_spawn_file_actions_adddup2(&files, from_agent[1], 1);
  started.began = now();
  if (posix_spawnp(&started.pid, command[0], &files, nullptr, command, environ)
      != 0) {
    std::fprintf(stderr, "%s cannot be started\n", command[0]);
    return false;
  }
  close(to_agent[0]);
  close(from_agent[1]);
  started.input = to_agent[1];
  started.output = from_agent[0];
  return true;
}

void end(const agent& started) {
  close(started.input);
  kill(started.pid, SIGTERM);
  waitpid(started.pid, nullptr, 0);
}

int speak_acp(char** command) {
  agent it;
  if (!start(command, it))
    return 1;
  send(it.input, R"({"jsonrpc":"2.0","id":0,"method":"initialize",)"
                 R"("params":{"protocolVersion":1,)"
                 R"("clientCapabilities":{}}})"
                 "\n");
  const bool initialized = read_until(it.output, "\n");
  const auto first = now() - it.began;
  send(it.input, R"({"jsonrpc":"2.0","id":1,"method":"session/new",)"
                 R"("params":{"cwd":"/tmp","mcpServers":[]}})"
                 "\n");
  const bool opened = read_until(it.output, "\n");
  const auto second = now() - it.began;
  end(it);
  if (!initialized || !opened) {
    std::fputs("the agent did not answer\n", stderr);
    return 1;
  }
  std::printf("%lld %lld\n", first, second);
  return 0;
}

int feed(const char* until, char** command) {
  const auto input = read_all(0);
  agent it;
  if (!start(command, it))
    return 1;
  send(it.input, input);
  const bool seen = read_until(it.output, until);
  const auto took = now() - it.began;
  end(it);
  if (!seen) {
    std::fprintf(stderr, "the agent did not say %s\n", until);
    return 1;
  }
  std::printf("%lld %lld\n", it.began, took);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  if (argc > 3 && std::strcmp(argv[1], "--until") == 0)
    return feed(argv[2], argv + 3);
  if (argc > 1 && argv[1][0] != '-')
    return speak_acp(argv + 1);
  std::fputs("usage: hand_start [--until TEXT] COMMAND...\n", stderr);
  return 2;
}
