// Starts a server and takes the time until it has answered one GET.
// usage: first_answer PORT PATH COMMAND…
// Connects every 200 us until the port is open. Prints
//   <pid> <CLOCK_MONOTONIC just before the spawn> <ns from then to the end of
//   the answer> <body>
// then waits for the end of its input, ends the server with SIGTERM and exits.
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

long long now() {
  timespec ts{};
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return ts.tv_sec * 1'000'000'000LL + ts.tv_nsec;
}

// The body, or nothing when the server is not there yet.
bool ask(int port, const std::string& path, std::string& body) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) {
    const auto request = "GET " + path
                         + " HTTP/1.1\r\nHost: localhost\r\n"
                           "Connection: close\r\n\r\n";
    if (write(fd, request.data(), request.size())
        == static_cast<ssize_t>(request.size())) {
      char buffer[65536];
      for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;) {
        answer.append(buffer, static_cast<std::size_t>(n));
        const auto head = answer.find("\r\n\r\n");
        const auto length = answer.find("Content-Length: ");
        if (head != std::string::npos && length < head
            && answer.size()
                 >= head + 4 + std::strtoul(&answer[length + 16], nullptr, 10))
          break;
      }
    }
  }
  close(fd);
  if (answer.compare(0, 12, "HTTP/1.1 200") != 0)
    return false;
  body = answer.substr(answer.find("\r\n\r\n") + 4);
  return true;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: first_answer PORT PATH COMMAND...\n", stderr);
    return 2;
  }
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  const char* log = std::getenv("BENCH_LOG");
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, log ? log : "/dev/null",
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  pid_t pid = 0;
  const auto began = now();
  const int error =
    posix_spawnp(&pid, argv[3], &files, nullptr, argv + 3, environ);
  if (error != 0) {
    std::fprintf(stderr, "%s: %s\n", argv[3], std::strerror(error));
    return 1;
  }
  std::string body;
  while (!ask(std::atoi(argv[1]), argv[2], body)) {
    if (waitpid(pid, nullptr, WNOHANG) == pid) {
      std::fprintf(stderr, "%s ended before it answered\n", argv[3]);
      return 1;
    }
    usleep(200);
  }
  const auto took = now() - began;
  std::printf("%d %lld %lld %s\n", pid, began, took, body.c_str());
  std::fflush(stdout);
  char ignored = 0;
  while (read(0, &ignored, 1) > 0) {
  }
  kill(pid, SIGTERM);
  waitpid(pid, nullptr, 0);
}
