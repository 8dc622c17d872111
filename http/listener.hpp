#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <caf/expected.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace agent_server {

/// Accepts connections, no more than a given number at once; the others wait
/// in the kernel. RESTinio's own acceptor stops for good at the first failed
/// accept; this one tries again after a pause. I/O thread only.
class listener : public std::enable_shared_from_this<listener> {
public:
  using tcp = asio::ip::tcp;
  using adopt = std::function<void(tcp::socket, const tcp::endpoint&)>;

  /// `adopt` takes every new connection over; whoever closes it calls
  /// `connection_closed`.
  listener(asio::io_context& io, std::size_t max_connections, adopt take)
    : io_(io), max_connections_(max_connections), adopt_(std::move(take)),
      pause_(io) {}

  /// Listens on all addresses of `host`, or on all of the machine: IPv6 and
  /// IPv4 at once, IPv4 alone when there is no IPv6. Returns the port. Errors:
  /// `ec::bad_config`.
  caf::expected<std::uint16_t> open(const std::optional<std::string>& host,
                                    std::uint16_t port);
  void connection_closed();
  void close();

private:
  /// After an accept that failed, e.g. for want of file descriptors.
  static constexpr std::chrono::milliseconds pause_after_failure{100};

  struct door {
    explicit door(asio::io_context& io) : acceptor(io) {}
    tcp::acceptor acceptor;
    bool accepting = false;
  };

  std::error_code listen_on(const tcp::endpoint& where);
  void accept();
  void accept(door& at);
  void accepted(door& at, const std::error_code& failed, tcp::socket socket,
                const tcp::endpoint& peer);

  asio::io_context& io_;
  const std::size_t max_connections_;
  adopt adopt_;
  asio::steady_timer pause_;
  std::list<door> doors_;
  std::size_t connections_ = 0;
  bool pausing_ = false;
};

} // namespace agent_server
