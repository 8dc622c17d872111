#pragma once

#include "actors/io/hosted.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace agent_server {

struct file_watch_state;
using file_watch_self =
  caf::stateful_actor<file_watch_state, traced<hosted<file_watch_actor::base>>>;

struct file_watch_state {
  static inline const char* name = "file_watch";

  struct wait {
    std::uint64_t number = 0;
    await_file what;
    caf::typed_response_promise<file_exists> promise;
    asio::steady_timer deadline;
    std::uint64_t span = 0;
    /// The inotify watch of the deepest directory on the way that exists.
    int watch = -1;
  };

  file_watch_self* self = nullptr;
  std::list<wait> waits;
  std::uint64_t last_number = 0;
  /// Open while there is something to wait for.
  std::optional<asio::posix::stream_descriptor> inotify;
  std::set<int> watches;
  /// Expires with the state; what asio still holds then does nothing.
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);

  caf::result<file_exists> await(const await_file& m);
  caf::error open_inotify();
  void read_events();
  /// Answers the waits whose file is there.
  void look();
  /// True when the wait was answered. Otherwise a change on the way to the file
  /// will be reported.
  bool look_at(wait& w);
  void answer(wait& w, const caf::error& err);
  void expired(std::uint64_t number);
  void drop_unused_watches();
  void give_up();
};

/// Waits for files by inotify, also for those in directories that do not exist
/// yet.
file_watch_actor::behavior_type file_watch(file_watch_self* self);

} // namespace agent_server
