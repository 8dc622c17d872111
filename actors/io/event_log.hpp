#pragma once

#include "actors/io/event_client.hpp"
#include "actors/io/event_ring.hpp"
#include "actors/io/hosted.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent_server {

class event_log_state;
using event_log_self =
  caf::stateful_actor<event_log_state,
                      traced<hosted<event_stream_actor::base>>>;

/// Numbers the events, has them spooled, and then gives them to the clients.
class event_log_state {
public:
  static inline const char* name = "event_log";

  /// What may wait for the spool; when it does not keep up with that, the log
  /// goes on without it.
  static constexpr std::size_t max_unspooled_bytes = 32u << 20;
  /// What is read from the spool at a time for a client that is behind.
  static constexpr std::size_t read_bytes = 256u << 10;
  /// How long the first events wait for the spool to be opened.
  static constexpr std::chrono::seconds open_limit{2};
  /// When it is noted what clients have received, after events went out.
  static constexpr std::chrono::milliseconds note_delay{250};

  /// What an alarm is for.
  enum class chore : std::uint32_t { flush, note };

  void start(event_log_self* self, std::string run_id, event_spool_actor spool);
  void open();
  void append(const journal_entry& entry);
  /// Events that every client is to see while they stand.
  void announce(const announce_permission& m);
  void retract(const std::string& request_id);
  void tap(journal_tap_actor who) { taps_.push_back(std::move(who)); }
  void watch(client_watch_actor who);
  void attach(attach_client& asked);
  void detach(const std::shared_ptr<frame_sink>& sink);
  void ready(const std::shared_ptr<frame_sink>& sink);
  void wake(chore what);
  caf::result<streams_closed> close();

private:
  using frame = std::shared_ptr<stream_frame>;
  using client = std::shared_ptr<event_client>;

  struct announcement {
    std::string request_id;
    frame event;
  };

  void opened(const spool_opened& m);
  void go_without_spool();
  frame put(std::string bytes);
  void arm(chore what);
  void flush();
  void spooled(const frame_list& frames);
  void release(const frame_list& frames);
  void admit(attach_client asked);
  std::optional<std::uint64_t> position_after(const std::string& id) const;
  void pump(const client& to);
  void read_back(const client& to);
  void give_read(event_client& to, const frame_list& frames);
  void greet(event_client& to);
  std::uint64_t received();
  void note();
  void tell_watchers();
  void finish();

  event_log_self* self_ = nullptr;
  std::string run_id_;
  event_spool_actor spool_; // none: memory only
  bool opened_ = false;
  std::uint64_t epoch_ = 0;
  std::uint64_t next_ = 1;     // number to give
  std::uint64_t released_ = 0; // last number that clients may get
  std::uint64_t received_ = 0; // by some client
  std::uint64_t noted_ = 0;    // of these, in the spool
  std::vector<epoch_range> earlier_;

  frame_list pending_; // not numbered
  std::size_t pending_bytes_ = 0;
  frame_list flying_; // on their way to the spool
  bool flush_armed_ = false;
  bool note_armed_ = false;
  event_ring ring_;

  std::vector<client> clients_;
  std::vector<attach_client> waiting_; // for the spool to be opened
  std::vector<announcement> announced_;
  std::vector<journal_tap_actor> taps_;
  std::vector<client_watch_actor> watchers_;
  bool closing_ = false;
  std::vector<caf::typed_response_promise<streams_closed>> closers_;
};

/// Turns journal entries into SSE frames, each once, numbers and spools them,
/// and gives them to every client. Without `spool` they are kept in memory.
event_stream_actor::behavior_type
event_log(event_log_self* self, std::string run_id, event_spool_actor spool);

} // namespace agent_server
