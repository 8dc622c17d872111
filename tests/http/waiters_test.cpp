#include "http/waiters.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace agent_server;
using namespace std::chrono_literals;

namespace {

struct fixture {
  void add(char who, std::uint64_t connection,
           std::chrono::milliseconds delay) {
    hanging.add(connection, start + delay, [this, who] { answered += who; });
  }

  asio::io_context io;
  waiters hanging{io};
  std::string answered;
  waiters::clock::time_point start = waiters::clock::now();
};

} // namespace

TEST_CASE_METHOD(fixture, "waiters are answered in the order of their expiry") {
  add('b', 1, 20ms);
  add('c', 2, 30ms);
  add('a', 3, 10ms);
  io.run();
  CHECK(answered == "abc");
  CHECK(waiters::clock::now() >= start + 30ms);
}

TEST_CASE_METHOD(fixture, "all waiters are answered when woken, once") {
  for (std::uint64_t i = 0; i < 1'000; ++i)
    add('x', i, 40s);
  hanging.wake_all();
  CHECK(answered == std::string(1'000, 'x'));
  io.run(); // ends at once: no timer is left
  CHECK(answered.size() == 1'000);
  CHECK(waiters::clock::now() < start + 30s);
}

TEST_CASE_METHOD(fixture, "a waiter whose connection is gone is forgotten") {
  add('a', 7, 5ms);
  add('b', 7, 10ms);
  add('c', 8, 15ms);
  hanging.connection_gone(7);
  hanging.connection_gone(99);
  CHECK(hanging.size() == 1);
  io.run();
  CHECK(answered == "c");
}

TEST_CASE_METHOD(fixture, "a waiter may come back from its answer") {
  hanging.add(1, start, [this] {
    answered += 'a';
    add('b', 1, 5ms);
  });
  io.run();
  CHECK(answered == "ab");
}

TEST_CASE_METHOD(fixture, "one timer serves however many wait") {
  for (std::uint64_t i = 0; i < 100; ++i)
    add('x', i, 10ms);
  // The nearest expiry alone is armed, and answers all that are due.
  CHECK(io.run() == 1);
  CHECK(answered.size() == 100);
}
