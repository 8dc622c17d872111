#pragma once

#include "messages/event_stream.hpp"

#include <cstdint>
#include <memory>

namespace agent_server {

/// How far a client of the event stream is, and what it wants. I/O thread only.
class event_client {
public:
  /// Begins with event `next`; those from `live_from` on happened after it was
  /// attached.
  event_client(const attach_client& asked, std::uint64_t next,
               std::uint64_t live_from);

  /// Gives it an event, unless it is of a type that it does not want, and goes
  /// on to the next.
  void give(const stream_frame& frame);
  /// Gives it a question that is open since before it was attached, unless it
  /// has got it among the events.
  void show(const stream_frame& question);
  /// Tells it that the events before `until` are gone, and goes on with that
  /// one. One that could not be told is broken off.
  void miss(std::uint64_t until);
  /// Tells it that the id it gave means nothing here.
  void tell_unknown_id();

  std::uint64_t next() const { return next_; }
  bool is_live() const { return next_ >= live_from_; }
  /// Whether it gets everything, so that what it has received was received.
  bool gets_all() const { return options_.types.empty(); }
  frame_sink& sink() const { return *sink_; }
  bool is(const std::shared_ptr<frame_sink>& sink) const {
    return sink_ == sink;
  }

  /// Whether it got its `connected`.
  bool greeted = false;
  /// Whether it waits for events from the spool.
  bool reading = false;
  /// Whether it is over.
  bool gone = false;

private:
  bool wants(const event_type& type) const;

  std::shared_ptr<frame_sink> sink_;
  event_options options_;
  std::uint64_t first_;
  std::uint64_t next_;
  std::uint64_t live_from_;
};

} // namespace agent_server
