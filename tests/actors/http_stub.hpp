#pragma once

#include <arpa/inet.h>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace agent_server::test {

struct stub_request {
  /// The request line and the headers.
  std::string head;
  std::string body;

  bool has(const std::string& text) const {
    return head.find(text) != std::string::npos;
  }
};

inline std::string http_answer(const std::string& status,
                               const std::string& body,
                               const std::string& headers = {}) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: "
         + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

/// An HTTP server on a loopback port, a thread a connection, whose answers are
/// bytes. An empty answer closes the connection.
class http_stub {
public:
  using handler = std::function<std::string(const stub_request&)>;

  explicit http_stub(handler handler) : handler_(std::move(handler)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (bind(listener_, generic, size) != 0 || listen(listener_, 16) != 0)
      throw std::runtime_error{"no port for the stub"};
    getsockname(listener_, generic, &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread{[this] { accept_all(); }};
  }

  ~http_stub() {
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    close(listener_);
    {
      const std::lock_guard guard{mutex_};
      for (const int fd : connections_)
        shutdown(fd, SHUT_RDWR);
    }
    for (auto& thread : threads_)
      thread.join();
    for (const int fd : connections_)
      close(fd);
  }

  http_stub(const http_stub&) = delete;
  http_stub& operator=(const http_stub&) = delete;

  std::string url(const std::string& path = "/",
                  const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(port_) + path;
  }

  std::vector<stub_request> requests() {
    const std::lock_guard guard{mutex_};
    return requests_;
  }

  std::size_t connection_count() {
    const std::lock_guard guard{mutex_};
    return connections_.size();
  }

private:
  void accept_all() {
    while (true) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0)
        return;
      const std::lock_guard guard{mutex_};
      connections_.push_back(fd);
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }

  void serve(int fd) {
    std::string bytes;
    stub_request request;
    while (read_request(fd, bytes, request)) {
      {
        const std::lock_guard guard{mutex_};
        requests_.push_back(request);
      }
      const auto answer = handler_(request);
      if (answer.empty())
        break;
      std::size_t sent = 0;
      while (sent < answer.size()) {
        const auto count =
          send(fd, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
        if (count <= 0)
          return;
        sent += static_cast<std::size_t>(count);
      }
    }
    shutdown(fd, SHUT_RDWR);
  }

  static bool read_request(int fd, std::string& bytes, stub_request& into) {
    std::size_t end = 0;
    while ((end = bytes.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more(fd, bytes))
        return false;
    }
    into.head = bytes.substr(0, end + 2);
    bytes.erase(0, end + 4);
    std::size_t length = 0;
    const std::string name = "\r\nContent-Length: ";
    if (const auto at = into.head.find(name); at != std::string::npos)
      length = std::stoul(into.head.substr(at + name.size()));
    while (bytes.size() < length) {
      if (!read_more(fd, bytes))
        return false;
    }
    into.body = bytes.substr(0, length);
    bytes.erase(0, length);
    return true;
  }

  static bool read_more(int fd, std::string& bytes) {
    char buffer[16384];
    const auto count = recv(fd, buffer, sizeof buffer, 0);
    if (count <= 0)
      return false;
    bytes.append(buffer, static_cast<std::size_t>(count));
    return true;
  }

  handler handler_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread acceptor_;
  std::mutex mutex_;
  std::vector<int> connections_;
  std::vector<std::thread> threads_;
  std::vector<stub_request> requests_;
};

} // namespace agent_server::test
