#pragma once

#include "messages/actors.hpp"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace agent_server {

using stream_bytes = std::vector<std::shared_ptr<const std::string>>;

/// The body of a response that goes on. I/O thread only.
class stream_body {
public:
  virtual ~stream_body() = default;
  /// `flushed` is called once, when the kernel has taken the bytes (true) or
  /// the connection is gone.
  virtual void write(stream_bytes bytes, std::function<void(bool)> flushed) = 0;
  /// Ends the body in good order.
  virtual void end() = 0;
  /// Cuts the connection.
  virtual void abort() = 0;
};

/// Stands between the event log and one connection: gathers frames while the
/// connection is busy, and has the event log wait when they are many.
class sse_client : public frame_sink,
                   public std::enable_shared_from_this<sse_client> {
public:
  /// How much may wait behind what is being written, before the last frame.
  static constexpr std::size_t max_waiting_bytes = 256u << 10;

  sse_client(asio::io_context& io, std::shared_ptr<stream_body> body,
             event_stream_actor events)
    : io_(io), body_(std::move(body)), events_(std::move(events)) {}

  void write(std::shared_ptr<const std::string> bytes,
             std::uint64_t seq) override;
  bool ready() override;
  std::uint64_t taken() const override { return taken_; }
  void finish() override;
  void cut() override;
  /// Sends a comment, unless the connection is busy anyway.
  void keep_alive(const std::shared_ptr<const std::string>& comment);
  /// The connection is gone: nothing is written any more.
  void gone();
  bool ended() const { return body_ == nullptr; }

private:
  void drain();
  void flushed(bool taken, std::uint64_t seq);

  asio::io_context& io_;
  std::shared_ptr<stream_body> body_;
  event_stream_actor events_;
  stream_bytes waiting_;
  std::size_t waiting_bytes_ = 0;
  std::uint64_t waiting_seq_ = 0;
  std::uint64_t taken_ = 0;
  bool draining_ = false; // posted or in flight
  bool room_owed_ = false;
};

/// All event streams of the server, and the comment that keeps them alive.
/// Detaches a client whose connection is gone. I/O thread only.
class sse_hub {
public:
  static constexpr std::chrono::milliseconds keepalive_period{25'000};

  sse_hub(asio::io_context& io, event_stream_actor events,
          std::chrono::milliseconds period = keepalive_period);

  void open(std::uint64_t connection, std::shared_ptr<stream_body> body,
            event_options options);
  void connection_gone(std::uint64_t connection);
  /// Ends all streams.
  void close();

private:
  void arm();
  void tick();

  asio::io_context& io_;
  event_stream_actor events_;
  std::chrono::milliseconds period_;
  asio::steady_timer timer_;
  bool armed_ = false;
  std::unordered_multimap<std::uint64_t, std::shared_ptr<sse_client>> clients_;
};

} // namespace agent_server
