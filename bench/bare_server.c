// The least that can answer GET /health on this machine: sockets and nothing
// else. usage: bare_server PORT
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 2)
    return 2;
  static const char answer[] = "HTTP/1.1 200 OK\r\n"
                               "Content-Type: application/json\r\n"
                               "Content-Length: 34\r\n"
                               "Connection: close\r\n\r\n"
                               "{\"status\":\"ok\",\"hasSession\":false}";
  int acceptor = socket(AF_INET6, SOCK_STREAM, 0);
  int on = 1;
  setsockopt(acceptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in6 at = {0};
  at.sin6_family = AF_INET6;
  at.sin6_port = htons((unsigned short)atoi(argv[1]));
  at.sin6_addr = in6addr_any;
  if (bind(acceptor, (struct sockaddr*)&at, sizeof at) != 0
      || listen(acceptor, 128) != 0)
    return 1;
  for (;;) {
    char request[4096];
    int fd = accept(acceptor, NULL, NULL);
    if (fd < 0)
      return 1;
    if (read(fd, request, sizeof request) > 0
        && write(fd, answer, sizeof answer - 1) < 0)
      return 1;
    close(fd);
  }
}
