#include "http/sse.hpp"

#include <algorithm>
#include <asio/post.hpp>
#include <caf/send.hpp>
#include <utility>

namespace agent_server {

void sse_client::write(std::shared_ptr<const std::string> bytes,
                       std::uint64_t seq) {
  if (ended())
    return;
  waiting_bytes_ += bytes->size();
  waiting_seq_ = std::max(waiting_seq_, seq);
  waiting_.push_back(std::move(bytes));
  if (!draining_) {
    // What comes in one go leaves in one go.
    draining_ = true;
    asio::post(io_, [self = shared_from_this()] { self->drain(); });
  }
}

bool sse_client::ready() {
  if (ended())
    return false;
  room_owed_ = waiting_bytes_ >= max_waiting_bytes;
  return !room_owed_;
}

void sse_client::keep_alive(const std::shared_ptr<const std::string>& comment) {
  if (!draining_)
    write(comment, 0);
}

void sse_client::drain() {
  draining_ = false;
  if (ended() || waiting_.empty())
    return;
  draining_ = true;
  waiting_bytes_ = 0;
  body_->write(std::exchange(waiting_, {}),
               [self = shared_from_this(), seq = waiting_seq_](bool taken) {
                 self->flushed(taken, seq);
               });
  if (std::exchange(room_owed_, false))
    caf::anon_send(events_, client_ready{shared_from_this()});
}

void sse_client::flushed(bool taken, std::uint64_t seq) {
  if (taken)
    taken_ = seq;
  drain();
}

void sse_client::finish() {
  if (ended())
    return;
  const auto body = std::exchange(body_, nullptr);
  if (!waiting_.empty())
    body->write(std::exchange(waiting_, {}),
                [self = shared_from_this(), seq = waiting_seq_](bool taken) {
                  self->flushed(taken, seq);
                });
  body->end();
}

void sse_client::cut() {
  if (ended())
    return;
  const auto body = std::exchange(body_, nullptr);
  waiting_.clear();
  body->abort();
}

void sse_client::gone() {
  body_ = nullptr;
  waiting_.clear();
}

sse_hub::sse_hub(asio::io_context& io, event_stream_actor events,
                 std::chrono::milliseconds period)
  : io_(io), events_(std::move(events)), period_(period), timer_(io) {}

void sse_hub::open(std::uint64_t connection, std::shared_ptr<stream_body> body,
                   event_options options) {
  auto client = std::make_shared<sse_client>(io_, std::move(body), events_);
  clients_.emplace(connection, client);
  caf::anon_send(events_, attach_client{std::move(client), std::move(options)});
  arm();
}

void sse_hub::connection_gone(std::uint64_t connection) {
  const auto [first, last] = clients_.equal_range(connection);
  for (auto i = first; i != last; ++i) {
    i->second->gone();
    caf::anon_send(events_, detach_client{i->second});
  }
  clients_.erase(first, last);
  if (clients_.empty() && std::exchange(armed_, false))
    timer_.cancel();
}

void sse_hub::close() {
  for (const auto& [connection, client] : clients_)
    client->finish();
  clients_.clear();
  if (std::exchange(armed_, false))
    timer_.cancel();
}

void sse_hub::arm() {
  if (armed_ || clients_.empty())
    return;
  armed_ = true;
  timer_.expires_after(period_);
  timer_.async_wait([this](const std::error_code& cancelled) {
    if (!cancelled)
      tick();
  });
}

void sse_hub::tick() {
  static const auto comment =
    std::make_shared<const std::string>(": keepalive\n\n");
  armed_ = false;
  for (auto i = clients_.begin(); i != clients_.end();) {
    if (i->second->ended()) {
      i = clients_.erase(i);
    } else {
      i->second->keep_alive(comment);
      ++i;
    }
  }
  arm();
}

} // namespace agent_server
