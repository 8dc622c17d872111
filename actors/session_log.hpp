#pragma once

#include "actors/log_spool.hpp"
#include "actors/logger.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"
#include "messages/secret.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent_server {

/// Bounds of the session log. A batch that is refused for good is halved until
/// the entry that spoils it is alone; that one is lost, and said.
constexpr std::chrono::milliseconds log_flush_interval{500};
constexpr std::chrono::milliseconds longest_log_backoff{30'000};
constexpr std::size_t max_batch_entries = 500;
constexpr std::size_t max_batch_bytes = 4u << 20;
/// A longer message becomes several entries.
constexpr std::size_t max_open_message = 1u << 20;
/// What the spool cannot take waits in memory; beyond this the oldest is lost,
/// and said.
constexpr std::size_t max_waiting_bytes = 64u << 20;

struct session_log_settings {
  /// The spool's file; empty: entries wait in memory alone.
  std::string spool;
  /// Cut out of every entry.
  std::vector<secret> secrets;
};

struct session_log_state;
using session_log_self =
  caf::stateful_actor<session_log_state, traced<session_log_actor::base>>;

struct session_log_state {
  static inline const char* name = "session_log";
  using entry = std::shared_ptr<const std::string>;

  session_log_self* self = nullptr;
  control_plane_actor control_plane;
  session_log_settings settings;
  std::vector<secret> hidden; // as they stand in JSON
  std::optional<logger> log;

  log_spool spool;
  bool spool_trouble_told = false;
  /// Entries that the spool could not take; younger than those in it.
  std::deque<entry> waiting;
  std::size_t waiting_bytes = 0;
  /// The agent message whose chunks are still coming.
  std::optional<journal_entry> open_message;

  /// The batch under way; `from_spool` says where it is from.
  log_spool::batch outgoing;
  bool from_spool = false;
  bool sending = false;
  bool tick_armed = false;
  std::uint32_t failures = 0;
  /// Entries of the next batch: fewer after a refusal, more after a success.
  std::size_t batch_limit = max_batch_entries;
  std::size_t dropped = 0;
  std::vector<caf::typed_response_promise<log_flushed>> flushing;

  void take(const journal_entry& next);
  void add_chunk(const journal_entry& next);
  void close_message();
  void push(const journal_entry& complete);
  void keep_waiting(entry next);
  void open_spool();
  void move_to_spool();
  void tell_spool_trouble(const caf::error& err);
  void arm(std::chrono::milliseconds delay);

  void send_batch();
  bool choose_batch();
  void take_from_waiting();
  void put_back();
  void was_taken();
  void was_not_taken(const caf::error& err);
  void was_refused(const caf::error& err);
  void go_on();
  caf::result<log_flushed> flush();
};

/// Coalesces message chunks and hands entries to the control plane at a fixed
/// interval, again and again until it takes them or says that it never will,
/// in the end by a later process that is given the same spool. An entry goes
/// out twice only when the answer to the first time was lost; then it is marked
/// by `redelivered`. Spawn it detached: it blocks on its spool.
session_log_actor::behavior_type session_log(session_log_self* self,
                                             control_plane_actor control_plane,
                                             session_log_settings settings,
                                             logger log);

} // namespace agent_server
