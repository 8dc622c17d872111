#pragma once

#include "actors/io/hosted.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace agent_server {

/// What the event log knows: who listens, and the frames that nobody has got.
class event_log_state {
public:
  static inline const char* name = "event_log";

  /// Bounds of what is kept while nobody listens. A single frame may be larger.
  static constexpr std::size_t max_kept_bytes = 16u << 20;
  static constexpr std::size_t max_kept_frames = 20'000;

  void set_run(std::string run_id) { run_id_ = std::move(run_id); }
  void append(const journal_entry& entry);
  /// Events that every client is to see while they stand.
  void announce(const announce_permission& m);
  void retract(const std::string& request_id);
  void watch(client_watch_actor who) { watchers_.push_back(std::move(who)); }
  const std::vector<client_watch_actor>& watchers() const { return watchers_; }
  std::size_t clients() const { return sinks_.size(); }
  void tap(journal_tap_actor who) { taps_.push_back(std::move(who)); }
  const std::vector<journal_tap_actor>& taps() const { return taps_; }
  void attach(std::shared_ptr<frame_sink> sink);
  void detach(const std::shared_ptr<frame_sink>& sink);
  void close();

  /// Frames that had to give way before anybody got them.
  std::uint64_t dropped() const { return dropped_; }

private:
  using frame = std::shared_ptr<const std::string>;

  struct announcement {
    std::string request_id;
    frame bytes;
  };

  void keep(frame bytes);

  std::string run_id_;
  std::vector<std::shared_ptr<frame_sink>> sinks_;
  std::vector<journal_tap_actor> taps_;
  std::vector<client_watch_actor> watchers_;
  std::vector<announcement> announced_;
  std::deque<frame> kept_;
  std::size_t kept_bytes_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t dropped_told_ = 0;
  bool closed_ = false;
};

using event_log_self =
  caf::stateful_actor<event_log_state,
                      traced<hosted<event_stream_actor::base>>>;

/// Turns journal entries into SSE frames, each once, and gives them to every
/// client. What happens while nobody listens is kept for the first who comes.
event_stream_actor::behavior_type event_log(event_log_self* self,
                                            std::string run_id);

} // namespace agent_server
