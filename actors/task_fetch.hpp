#pragma once

#include "actors/logger.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <optional>
#include <vector>

namespace agent_server {

struct task_fetch_state;
using task_fetch_self =
  caf::stateful_actor<task_fetch_state, traced<task_fetch_actor::base>>;

struct task_fetch_state {
  static inline const char* name = "task_fetch";
  using context_promise = caf::typed_response_promise<task_context>;
  using task_promise = caf::typed_response_promise<task>;

  task_fetch_self* self = nullptr;
  control_plane_actor control_plane;
  std::optional<logger> log;

  bool context_started = false;
  bool task_under_way = false;
  bool run_under_way = false;
  std::optional<task> fetched_task;
  std::optional<task_run> fetched_run;
  caf::error run_error;
  caf::error task_error;
  std::vector<context_promise> waiting_for_context;
  std::vector<task_promise> waiting_for_task;

  caf::result<task_context> give_context();
  caf::result<task> give_task();
  void start_task();
  void start_run();
  void task_ended();
  void answer_context_if_done();
};

/// Fetches the task and the run, in parallel and once a boot.
task_fetch_actor::behavior_type task_fetch(task_fetch_self* self,
                                           control_plane_actor control_plane,
                                           logger log);

} // namespace agent_server
