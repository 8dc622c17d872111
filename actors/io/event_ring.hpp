#pragma once

#include "messages/event_stream.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

namespace agent_server {

/// The newest events, without a hole in their numbers.
class event_ring {
public:
  /// Bounds of what is kept. A single event may be larger.
  static constexpr std::size_t max_bytes = 8u << 20;
  static constexpr std::size_t max_frames = 20'000;

  void push(std::shared_ptr<stream_frame> frame) {
    bytes_ += frame->data->size();
    frames_.push_back(std::move(frame));
  }

  /// Lets the oldest give way.
  void trim() {
    while (frames_.size() > 1
           && (bytes_ > max_bytes || frames_.size() > max_frames)) {
      bytes_ -= frames_.front()->data->size();
      frames_.pop_front();
    }
  }

  bool empty() const { return frames_.empty(); }
  std::uint64_t first() const { return frames_.front()->seq; }

  /// nullptr when it is not there.
  std::shared_ptr<stream_frame> find(std::uint64_t seq) const {
    if (frames_.empty() || seq < first() || seq - first() >= frames_.size())
      return nullptr;
    return frames_[seq - first()];
  }

private:
  std::deque<std::shared_ptr<stream_frame>> frames_;
  std::size_t bytes_ = 0;
};

} // namespace agent_server
