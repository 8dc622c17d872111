#include "http/listener.hpp"

#include "messages/error.hpp"

#include <asio/connect.hpp>
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

using namespace agent_server;
using namespace std::chrono_literals;
using tcp = asio::ip::tcp;

namespace {

struct fixture {
  std::shared_ptr<listener> listen(std::size_t max_connections) {
    return std::make_shared<listener>(
      io, max_connections, [this](tcp::socket socket, const tcp::endpoint&) {
        taken.push_back(std::move(socket));
      });
  }

  tcp::socket connect(const char* address, std::uint16_t port) {
    tcp::socket socket{io};
    std::error_code failed;
    socket.connect({asio::ip::make_address(address), port}, failed);
    if (failed)
      socket.close();
    return socket;
  }

  void run_until(std::size_t connections) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    io.restart();
    while (taken.size() < connections
           && std::chrono::steady_clock::now() < deadline)
      io.run_one_for(100ms);
    REQUIRE(taken.size() == connections);
  }

  asio::io_context io;
  std::vector<tcp::socket> taken;
};

int option(tcp::socket& socket, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  ::getsockopt(socket.native_handle(), level, name, &value, &size);
  return value;
}

bool machine_has_ipv6() {
  asio::io_context io;
  tcp::acceptor probe{io};
  std::error_code failed;
  probe.open(tcp::v6(), failed);
  if (!failed)
    probe.bind({asio::ip::address_v6::loopback(), 0}, failed);
  return !failed;
}

} // namespace

TEST_CASE_METHOD(fixture, "without a host every address of the machine is "
                          "served") {
  const auto door = listen(10);
  const auto port = door->open(std::nullopt, 0);
  REQUIRE(port);
  const auto v4 = connect("127.0.0.1", *port);
  CHECK(v4.is_open());
  if (machine_has_ipv6())
    CHECK(connect("::1", *port).is_open());
}

TEST_CASE_METHOD(fixture, "with a host its address alone is served") {
  const auto door = listen(10);
  const auto port = door->open("127.0.0.1", 0);
  REQUIRE(port);
  CHECK(connect("127.0.0.1", *port).is_open());
  CHECK_FALSE(connect("127.0.0.2", *port).is_open());
}

TEST_CASE_METHOD(fixture, "a host name is served on all its addresses") {
  const auto door = listen(10);
  const auto port = door->open("localhost", 0);
  REQUIRE(port);
  CHECK(connect("127.0.0.1", *port).is_open());
}

TEST_CASE_METHOD(fixture, "a port in use is a bad --port with its reason") {
  const auto first = listen(10);
  const auto port = first->open(std::nullopt, 0);
  REQUIRE(port);
  const auto second = listen(10)->open(std::nullopt, *port);
  REQUIRE_FALSE(second);
  CHECK(code_of(second.error()) == ec::bad_config);
  CHECK(describe(second.error()).find("--port " + std::to_string(*port)) == 0);
  CHECK(describe(second.error()).find("in use") != std::string::npos);
}

TEST_CASE_METHOD(fixture,
                 "a host that is not of this machine is a bad --host") {
  for (const auto* host : {"192.0.2.1", "no-such-host.invalid"}) {
    const auto port = listen(10)->open(host, 0);
    REQUIRE_FALSE(port);
    CHECK(code_of(port.error()) == ec::bad_config);
    CHECK(describe(port.error()).find(std::string{"--host "} + host) == 0);
  }
}

TEST_CASE_METHOD(fixture, "connections answer without delay and are probed") {
  const auto door = listen(10);
  const auto port = door->open("127.0.0.1", 0);
  const auto client = connect("127.0.0.1", *port);
  run_until(1);
  CHECK(option(taken[0], IPPROTO_TCP, TCP_NODELAY) == 1);
  CHECK(option(taken[0], SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(taken[0], IPPROTO_TCP, TCP_KEEPIDLE) == 60);
}

TEST_CASE_METHOD(fixture, "connections over the limit wait until one closes") {
  const auto door = listen(2);
  const auto port = door->open("127.0.0.1", 0);
  std::vector<tcp::socket> clients;
  for (int i = 0; i < 4; ++i)
    clients.push_back(connect("127.0.0.1", *port));
  run_until(2);
  io.run_for(20ms);
  CHECK(taken.size() == 2);
  door->connection_closed();
  run_until(3);
}

TEST_CASE_METHOD(fixture, "accepting goes on after the descriptors ran out") {
  const auto door = listen(10);
  const auto port = door->open("127.0.0.1", 0);
  const auto client = connect("127.0.0.1", *port);

  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int next = ::dup(0);
  ::close(next);
  auto none_left = before;
  none_left.rlim_cur = static_cast<rlim_t>(next);
  ::setrlimit(RLIMIT_NOFILE, &none_left);
  io.restart();
  std::size_t rounds = 0;
  const auto until = std::chrono::steady_clock::now() + 250ms;
  while (std::chrono::steady_clock::now() < until)
    rounds += io.run_one_for(10ms);
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(taken.empty());
  CHECK(rounds < 20); // it pauses, it does not spin

  run_until(1);
}
