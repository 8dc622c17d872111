#pragma once

#include "actors/io/group_end.hpp"
#include "actors/io/guard.hpp"
#include "actors/io/hosted.hpp"
#include "actors/io/orphan_reaper.hpp"
#include "actors/io/running_child.hpp"
#include "actors/io/spawn.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent_server {

/// What descendants get between TERM and KILL when the process itself is gone.
constexpr std::chrono::milliseconds descendant_grace{1'000};

struct child_process_state;
using child_process_self =
  caf::stateful_actor<child_process_state,
                      traced<hosted<child_process_actor::base>>>;

struct child_process_state {
  static inline const char* name = "child_process";

  ~child_process_state();

  child_process_self* self = nullptr;
  guard_link guard;
  std::string marker;
  std::optional<process_owner_actor> owner;
  std::uint32_t generation = 1;
  /// Also after its end, until nothing is left of its group.
  std::shared_ptr<running_child> child;
  std::shared_ptr<group_end> ending;
  std::vector<caf::typed_response_promise<process_stopped>> stopping;
  /// What there was nobody to tell to.
  std::optional<process_gone> untold;
  std::shared_ptr<orphan_reaper> reaper;

  void name_owner(const process_owner_actor& named);
  void start(const start_process& m);
  void write(const write_line& m);
  caf::result<process_stopped> stop(const stop_process& m);

  void adopt(const spawned_child& started);
  void listen();
  void gone(std::string how, bool misbehaved);
  void tell_gone(process_gone news);
  void end_group_later(const stop_process& m);
  void end_group(std::chrono::milliseconds grace);
  void ended();
  /// Kills everything without waiting; the old process is nobody's then.
  void drop();
  void shut_down();
};

/// `first` is generation 1 and runs already; what it writes waits in its pipe
/// until an owner is named. Every process carries `marker` in its environment
/// and is reported to `guard`. When the actor ends, so does the process.
child_process_actor::behavior_type
child_process(child_process_self* self, std::optional<spawned_child> first,
              guard_link guard, std::string marker);

} // namespace agent_server
