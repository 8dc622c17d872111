#pragma once

#include "actors/io/hosted.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"
#include "messages/boot_report.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <functional>
#include <memory>
#include <vector>

namespace agent_server {

/// The records of the boot, kept when it ends, since later messages will
/// overwrite them in the ring. I/O thread only.
class kept_boot {
public:
  explicit kept_boot(steady_ns exec_at) : exec_at_(exec_at) {}

  void keep() { records_ = trace::read_all(); }
  boot_report report() const;

private:
  steady_ns exec_at_;
  std::vector<trace::record> records_;
};

struct boot_keeper_state {
  static inline const char* name = "boot_keeper";
};

using boot_keeper_self =
  caf::stateful_actor<boot_keeper_state, traced<hosted<readiness_actor::base>>>;

/// Keeps the records when readiness is known, and then calls `known`.
readiness_actor::behavior_type boot_keeper(boot_keeper_self* self,
                                           std::shared_ptr<kept_boot> boot,
                                           std::function<void()> known);

} // namespace agent_server
