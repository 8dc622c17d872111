#include "http/sse.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

struct fake_body : stream_body {
  void write(stream_bytes bytes, std::function<void()> flushed) override {
    for (const auto& piece : bytes)
      text += *piece;
    ++writes;
    taken = std::move(flushed);
  }
  void end() override { ended = true; }
  void abort() override { aborted = true; }

  std::string text;
  int writes = 0;
  std::function<void()> taken;
  bool ended = false;
  bool aborted = false;
};

std::shared_ptr<const std::string> bytes(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

struct fixture {
  ~fixture() { body->taken = nullptr; } // as a connection does in its end

  void settle() {
    io.restart();
    io.poll();
  }
  // Lets the kernel take what was written last.
  void take() {
    const auto taken = std::exchange(body->taken, nullptr);
    taken();
  }

  asio::io_context io;
  std::shared_ptr<fake_body> body = std::make_shared<fake_body>();
  std::shared_ptr<sse_client> client = std::make_shared<sse_client>(io, body);
  std::shared_ptr<const std::string> mebibyte =
    bytes(std::string(1 << 20, 'x'));
};

} // namespace

TEST_CASE_METHOD(fixture, "frames that come in one go leave in one go") {
  client->write(bytes("a"));
  client->write(bytes("b"));
  settle();
  CHECK(body->text == "ab");
  CHECK(body->writes == 1);
}

TEST_CASE_METHOD(fixture, "frames wait while the connection is busy") {
  client->write(bytes("a"));
  settle();
  client->write(bytes("b"));
  client->write(bytes("c"));
  settle();
  CHECK(body->text == "a");
  take();
  CHECK(body->text == "abc");
  CHECK(body->writes == 2);
}

TEST_CASE_METHOD(fixture, "a client that does not keep up is cut") {
  client->write(bytes("a"));
  settle();
  for (std::size_t sent = 0; sent <= sse_client::max_waiting_bytes;
       sent += mebibyte->size())
    client->write(mebibyte);
  CHECK_FALSE(body->aborted);
  client->write(bytes("one more"));
  CHECK(body->aborted);
  CHECK(client->ended());
  take();
  CHECK(body->text == "a");
}

TEST_CASE_METHOD(fixture, "a client that keeps up may get any amount") {
  for (int i = 0; i < 100; ++i) {
    client->write(mebibyte);
    settle();
    take();
  }
  CHECK_FALSE(body->aborted);
  CHECK(body->text.size() == 100u << 20);
}

TEST_CASE_METHOD(fixture,
                 "what was kept for a newcomer does not make it slow") {
  for (int i = 0; i < 16; ++i)
    client->write(mebibyte);
  settle();
  client->write(bytes("live"));
  CHECK_FALSE(body->aborted);
  take();
  CHECK(body->text.size() == (16u << 20) + 4);
}

TEST_CASE_METHOD(fixture, "a single frame of any size passes") {
  client->write(bytes(std::string(32u << 20, 'x')));
  settle();
  client->write(bytes("live"));
  take();
  CHECK_FALSE(body->aborted);
  CHECK(body->text.size() == (32u << 20) + 4);
}

TEST_CASE_METHOD(fixture, "a stream that is finished ends behind its frames") {
  client->write(bytes("a"));
  settle();
  client->write(bytes("b"));
  client->finish();
  CHECK(body->text == "ab");
  CHECK(body->ended);
  client->write(bytes("c"));
  settle();
  CHECK(body->text == "ab");
}

TEST_CASE_METHOD(fixture, "nothing is written once the connection is gone") {
  client->write(bytes("a"));
  client->gone();
  settle();
  CHECK(body->text.empty());
}

TEST_CASE("streams get the keep-alive comment, and no timer is left behind "
          "them") {
  using namespace std::chrono_literals;
  asio::io_context io;
  sse_hub hub{io, event_log_actor{}, 1ms};
  CHECK(io.run() == 0);
  auto body = std::make_shared<fake_body>();
  hub.open(1, body);
  io.restart();
  while (body->writes == 0)
    io.run_one();
  CHECK(body->text == ": keepalive\n\n");
  hub.connection_gone(1);
  io.restart();
  io.run(); // returns: nothing is armed any more
  CHECK(body->text == ": keepalive\n\n");
}
