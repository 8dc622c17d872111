#pragma once

#include "actors/logger.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent_server {

/// Bounds of the session log. What exceeds `max_waiting_bytes` is lost, oldest
/// first, and said. A batch that is refused for good is halved until the entry
/// that spoils it is alone; that one is lost, and said.
constexpr std::chrono::milliseconds log_flush_interval{500};
constexpr std::chrono::milliseconds longest_log_backoff{30'000};
constexpr std::size_t max_batch_entries = 500;
constexpr std::size_t max_batch_bytes = 4u << 20;
constexpr std::size_t max_waiting_bytes = 64u << 20;

struct session_log_state;
using session_log_self =
  caf::stateful_actor<session_log_state, traced<session_log_actor::base>>;

struct session_log_state {
  static inline const char* name = "session_log";
  using entry = std::shared_ptr<const std::string>;

  session_log_self* self = nullptr;
  control_plane_actor control_plane;
  std::optional<logger> log;

  std::deque<entry> waiting;
  std::size_t waiting_bytes = 0;
  /// The agent message whose chunks are still coming.
  std::optional<journal_entry> open_message;
  bool sending = false;
  bool tick_armed = false;
  std::uint32_t failures = 0;
  /// Entries of the next batch: fewer after a refusal, more after a success.
  std::size_t batch_limit = max_batch_entries;
  std::size_t dropped = 0;
  std::vector<caf::typed_response_promise<log_flushed>> flushing;

  void take(const journal_entry& next);
  void close_message();
  void push(const journal_entry& complete);
  void arm(std::chrono::milliseconds delay);
  void send_batch();
  void go_on();
  void not_taken(const std::vector<entry>& batch, const caf::error& err);
  void refused(const std::vector<entry>& batch, const caf::error& err);
  void put_back(const std::vector<entry>& batch);
  caf::result<log_flushed> flush();
};

/// Coalesces message chunks and hands entries to the control plane at a fixed
/// interval, again and again until it takes them or says that it never will.
session_log_actor::behavior_type session_log(session_log_self* self,
                                             control_plane_actor control_plane,
                                             logger log);

} // namespace agent_server
