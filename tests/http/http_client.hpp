#pragma once

#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>
#include <string>
#include <sys/socket.h>

namespace agent_server::tests {

struct http_answer {
  int status = 0; // 0: the connection closed without an answer
  std::string head;
  std::string body;

  bool has(const std::string& line) const {
    return head.find("\r\n" + line + "\r\n") != std::string::npos;
  }
};

/// A connection that writes bytes and reads answers, blocking; gives up after
/// ten seconds.
class http_client {
public:
  explicit http_client(std::uint16_t port) {
    socket_.connect({asio::ip::address_v4::loopback(), port});
    const timeval limit{10, 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit,
                 sizeof limit);
  }

  void send(const std::string& bytes) {
    std::error_code ignored;
    asio::write(socket_, asio::buffer(bytes), ignored);
  }

  void request(const std::string& method, const std::string& target,
               const std::string& body = {}, const std::string& token = {}) {
    auto bytes = method + " " + target + " HTTP/1.1\r\nHost: x\r\n";
    if (!token.empty())
      bytes += "Authorization: Bearer " + token + "\r\n";
    if (!body.empty() || method == "POST")
      bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    send(bytes + "\r\n" + body);
  }

  /// Reads until `text` has come in; true when it has.
  bool wait_for(const std::string& text) {
    while (got_.find(text) == std::string::npos)
      if (!read())
        return false;
    return true;
  }

  http_answer answer(bool head_only = false) {
    http_answer result;
    if (!wait_for("\r\n\r\n"))
      return result;
    const auto end = got_.find("\r\n\r\n") + 4;
    result.head = got_.substr(0, end);
    got_.erase(0, end);
    result.status = std::stoi(result.head.substr(9, 3));
    const auto at = result.head.find("Content-Length: ");
    if (head_only || at == std::string::npos)
      return result;
    const auto size = std::stoul(result.head.substr(at + 16));
    while (got_.size() < size && read()) {
    }
    result.body = got_.substr(0, size);
    got_.erase(0, size);
    return result;
  }

  /// True when the peer has closed.
  bool closed() {
    while (read()) {
    }
    return eof_;
  }

  void close() { socket_.close(); }
  const std::string& got() const { return got_; }

private:
  bool read() {
    char buffer[65536];
    const auto count =
      ::recv(socket_.native_handle(), buffer, sizeof buffer, 0);
    if (count <= 0) {
      eof_ = count == 0 || errno == ECONNRESET;
      return false;
    }
    got_.append(buffer, static_cast<std::size_t>(count));
    return true;
  }

  asio::io_context io_;
  asio::ip::tcp::socket socket_{io_};
  std::string got_;
  bool eof_ = false;
};

} // namespace agent_server::tests
