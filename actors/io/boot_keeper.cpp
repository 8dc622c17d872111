#include "actors/io/boot_keeper.hpp"

#include "actors/trace/boot_report.hpp"

#include <utility>

namespace agent_server {

boot_report kept_boot::report() const {
  return make_boot_report(records_.empty() ? trace::read_all() : records_,
                          exec_at_);
}

readiness_actor::behavior_type boot_keeper(boot_keeper_self*,
                                           std::shared_ptr<kept_boot> boot,
                                           std::function<void()> known) {
  return {
    [boot = std::move(boot),
     known = std::move(known)](const readiness_changed&) {
      boot->keep();
      known();
    },
  };
}

} // namespace agent_server
