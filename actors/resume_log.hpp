#pragma once

#include "actors/logger.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"
#include "messages/wire/resume_log.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace agent_server {

/// How much of a log is read in one go, in bytes; between two such parts others
/// get their turn.
constexpr std::size_t log_part = 512u << 10;

struct resume_log_state;
using resume_log_self =
  caf::stateful_actor<resume_log_state, traced<resume_log_actor::base>>;

/// A log on its way here.
struct log_load {
  std::string run_id;
  caf::typed_response_promise<earlier_run> promise;
  bool run_is_known = false;
  std::shared_ptr<const std::string> lines;
  std::size_t read = 0; // bytes of it
  resume_log_reader reader;
};

struct resume_log_state {
  static inline const char* name = "resume_log";

  resume_log_self* self = nullptr;
  control_plane_actor control_plane;
  std::optional<logger> log;
  std::optional<log_load> current;

  caf::result<earlier_run> begin(const load_earlier_run& m);
  void read_if_there();
  void read_part();
  void finish();
  /// The session starts fresh.
  void give_up(const std::string& why);
};

/// Loads the log of an earlier run, one at a time, and reads it in parts.
resume_log_actor::behavior_type resume_log(resume_log_self* self,
                                           control_plane_actor control_plane,
                                           logger log);

} // namespace agent_server
