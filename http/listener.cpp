#include "http/listener.hpp"

#include "messages/error.hpp"

#include <asio/ip/v6_only.hpp>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <set>
#include <sys/socket.h>
#include <utility>

namespace agent_server {

namespace {

void set_option(int socket, int level, int option, int value) {
  ::setsockopt(socket, level, option, &value, sizeof value);
}

// Linux hands these on to the sockets that are accepted. A peer that vanished
// is found out within two minutes even where nothing is being written.
void set_connection_options(int socket) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 20);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

bool address_family_missing(const std::error_code& failed) {
  return failed == asio::error::address_family_not_supported
         || failed.value() == EADDRNOTAVAIL;
}

caf::error port_refused(std::uint16_t port, const std::error_code& failed) {
  return make_failure(ec::bad_config,
                      "--port " + std::to_string(port) + ": " + failed.message()
                        + "; choose another port or stop what uses it");
}

} // namespace

caf::expected<std::uint16_t>
listener::open(const std::optional<std::string>& host, std::uint16_t port) {
  if (!host) {
    auto failed = listen_on({asio::ip::address_v6::any(), port});
    if (address_family_missing(failed))
      failed = listen_on({asio::ip::address_v4::any(), port});
    if (failed)
      return port_refused(port, failed);
  } else {
    std::error_code failed;
    const auto found = tcp::resolver{io_}.resolve(
      *host, std::to_string(port), tcp::resolver::passive, failed);
    std::set<tcp::endpoint> seen; // a hosts file may repeat itself
    for (const auto& address : found) {
      auto where = address.endpoint();
      if (!seen.insert(where).second)
        continue;
      if (!doors_.empty())
        where.port(doors_.front().acceptor.local_endpoint().port());
      failed = listen_on(where);
      // A name may stand for an address that this machine lacks.
      if (failed && !address_family_missing(failed)) {
        doors_.clear();
        return port_refused(port, failed);
      }
    }
    if (doors_.empty())
      return make_failure(ec::bad_config,
                          "--host " + *host + ": " + failed.message()
                            + "; give a name or an address of this machine");
  }
  accept();
  return doors_.front().acceptor.local_endpoint().port();
}

std::error_code listener::listen_on(const tcp::endpoint& where) {
  auto& acceptor = doors_.emplace_back(io_).acceptor;
  std::error_code failed;
  acceptor.open(where.protocol(), failed);
  if (!failed)
    acceptor.set_option(tcp::acceptor::reuse_address{true}, failed);
  if (!failed && where.protocol() == tcp::v6())
    acceptor.set_option(asio::ip::v6_only{!where.address().is_unspecified()},
                        failed);
  if (!failed)
    acceptor.bind(where, failed);
  if (!failed)
    acceptor.listen(tcp::acceptor::max_listen_connections, failed);
  if (failed)
    doors_.pop_back();
  else
    set_connection_options(acceptor.native_handle());
  return failed;
}

void listener::accept() {
  for (auto& at : doors_)
    accept(at);
}

void listener::accept(door& at) {
  if (at.accepting || pausing_ || connections_ >= max_connections_)
    return;
  at.accepting = true;
  auto peer = std::make_shared<tcp::endpoint>();
  at.acceptor.async_accept(
    *peer, [self = shared_from_this(), &at, peer](const std::error_code& failed,
                                                  tcp::socket socket) {
      // The doors are gone after close().
      if (!self->doors_.empty())
        self->accepted(at, failed, std::move(socket), *peer);
    });
}

void listener::accepted(door& at, const std::error_code& failed,
                        tcp::socket socket, const tcp::endpoint& peer) {
  at.accepting = false;
  if (!failed) {
    ++connections_;
    adopt_(std::move(socket), peer);
    accept(at);
    return;
  }
  pausing_ = true;
  pause_.expires_after(pause_after_failure);
  pause_.async_wait(
    [self = shared_from_this()](const std::error_code& cancelled) {
      if (cancelled)
        return;
      self->pausing_ = false;
      self->accept();
    });
}

void listener::connection_closed() {
  --connections_;
  accept();
}

void listener::close() {
  doors_.clear();
  pause_.cancel();
}

} // namespace agent_server
