#include "http/sse.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

struct fake_body : stream_body {
  void write(stream_bytes bytes, std::function<void(bool)> flushed) override {
    for (const auto& piece : bytes)
      text += *piece;
    ++writes;
    taken = std::move(flushed);
  }
  void end() override { ended = true; }
  void abort() override { aborted = true; }

  std::string text;
  int writes = 0;
  std::function<void(bool)> taken;
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
  // Lets the kernel take what was written last, or not.
  void take(bool taken = true) {
    const auto flushed = std::exchange(body->taken, nullptr);
    flushed(taken);
  }
  void write(const std::shared_ptr<const std::string>& text,
             std::uint64_t seq = 0) {
    client->write(text, seq);
  }

  asio::io_context io;
  std::shared_ptr<fake_body> body = std::make_shared<fake_body>();
  std::shared_ptr<sse_client> client =
    std::make_shared<sse_client>(io, body, event_stream_actor{});
  std::shared_ptr<const std::string> mebibyte =
    bytes(std::string(1 << 20, 'x'));
};

} // namespace

TEST_CASE_METHOD(fixture, "frames that come in one go leave in one go") {
  write(bytes("a"));
  write(bytes("b"));
  settle();
  CHECK(body->text == "ab");
  CHECK(body->writes == 1);
}

TEST_CASE_METHOD(fixture, "frames wait while the connection is busy") {
  write(bytes("a"));
  settle();
  write(bytes("b"));
  write(bytes("c"));
  settle();
  CHECK(body->text == "a");
  take();
  CHECK(body->text == "abc");
  CHECK(body->writes == 2);
}

TEST_CASE_METHOD(fixture, "a busy connection takes a bounded amount, and says "
                          "when it has room again") {
  write(bytes("a"));
  settle();
  CHECK(client->ready());
  write(bytes(std::string(sse_client::max_waiting_bytes, 'x')));
  CHECK_FALSE(client->ready());
  CHECK_FALSE(client->ready());
  take();
  CHECK(client->ready());
  CHECK_FALSE(body->aborted);
}

TEST_CASE_METHOD(fixture, "an event counts as taken when the kernel has it") {
  write(bytes("a"), 7);
  write(bytes("no event"));
  settle();
  write(bytes("b"), 8);
  CHECK(client->taken() == 0);
  take();
  CHECK(client->taken() == 7);
  take(false);
  CHECK(client->taken() == 7);
}

TEST_CASE_METHOD(fixture, "a stream that is cut is not ended in good order") {
  write(bytes("a"));
  client->cut();
  settle();
  CHECK(body->aborted);
  CHECK_FALSE(body->ended);
  CHECK_FALSE(client->ready());
  CHECK(body->text.empty());
}

TEST_CASE_METHOD(fixture, "a busy connection needs no comment to be kept") {
  const auto comment = bytes(": keepalive\n\n");
  client->keep_alive(comment);
  settle();
  client->keep_alive(comment);
  settle();
  take();
  CHECK(body->text == *comment);
}

TEST_CASE_METHOD(fixture, "a client that keeps up may get any amount") {
  for (int i = 0; i < 100; ++i) {
    write(mebibyte);
    settle();
    take();
  }
  CHECK_FALSE(body->aborted);
  CHECK(body->text.size() == 100u << 20);
}

TEST_CASE_METHOD(fixture, "a single frame of any size passes") {
  write(bytes(std::string(32u << 20, 'x')));
  settle();
  write(bytes("live"));
  take();
  CHECK_FALSE(body->aborted);
  CHECK(body->text.size() == (32u << 20) + 4);
}

TEST_CASE_METHOD(fixture, "a stream that is finished ends behind its frames") {
  write(bytes("a"));
  settle();
  write(bytes("b"));
  client->finish();
  CHECK(body->text == "ab");
  CHECK(body->ended);
  write(bytes("c"));
  settle();
  CHECK(body->text == "ab");
}

TEST_CASE_METHOD(fixture, "nothing is written once the connection is gone") {
  write(bytes("a"));
  client->gone();
  settle();
  CHECK(body->text.empty());
}

TEST_CASE("streams get the keep-alive comment, and no timer is left behind "
          "them") {
  using namespace std::chrono_literals;
  asio::io_context io;
  sse_hub hub{io, event_stream_actor{}, 1ms};
  CHECK(io.run() == 0);
  auto body = std::make_shared<fake_body>();
  hub.open(1, body, {});
  io.restart();
  while (body->writes == 0)
    io.run_one();
  CHECK(body->text == ": keepalive\n\n");
  hub.connection_gone(1);
  io.restart();
  io.run(); // returns: nothing is armed any more
  CHECK(body->text == ": keepalive\n\n");
}
