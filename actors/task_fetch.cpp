#include "actors/task_fetch.hpp"

#include <utility>

namespace agent_server {

namespace {

// What the context is joined from, in traces.
constexpr const char* context_step = "context";

} // namespace

caf::result<task_context> task_fetch_state::give_context() {
  auto promise = self->make_response_promise<task_context>();
  waiting_for_context.push_back(promise);
  if (!context_started) {
    context_started = true;
    start_task();
    start_run();
  } else {
    answer_context_if_done();
  }
  return promise;
}

caf::result<task> task_fetch_state::give_task() {
  if (fetched_task)
    return *fetched_task;
  auto promise = self->make_response_promise<task>();
  waiting_for_task.push_back(promise);
  start_task();
  return promise;
}

void task_fetch_state::start_task() {
  if (task_under_way)
    return;
  task_under_way = true;
  self->request(control_plane, caf::infinite, get_task{})
    .then(
      [this](const task& found) {
        trace::note_arrival(context_step);
        fetched_task = found;
        task_ended();
      },
      [this](const caf::error& err) {
        trace::note_arrival(context_step);
        task_error = err;
        log->warn("GET task failed: " + describe(err));
        task_ended();
      });
}

void task_fetch_state::start_run() {
  run_under_way = true;
  self->request(control_plane, caf::infinite, get_run{})
    .then(
      [this](const task_run& found) {
        trace::note_arrival(context_step);
        fetched_run = found;
        run_under_way = false;
        answer_context_if_done();
      },
      [this](const caf::error& err) {
        trace::note_arrival(context_step);
        run_error = err;
        run_under_way = false;
        answer_context_if_done();
      });
}

void task_fetch_state::task_ended() {
  task_under_way = false;
  for (auto& promise : std::exchange(waiting_for_task, {})) {
    if (fetched_task)
      promise.deliver(*fetched_task);
    else
      promise.deliver(task_error);
  }
  answer_context_if_done();
}

void task_fetch_state::answer_context_if_done() {
  // Without the run there is no permission mode, so there is no session: no
  // need to wait for the task then.
  const bool done = !run_under_way && (run_error || !task_under_way);
  if (!done)
    return;
  for (auto& promise : std::exchange(waiting_for_context, {})) {
    if (fetched_run)
      promise.deliver(task_context{fetched_task, *fetched_run});
    else
      promise.deliver(run_error);
  }
}

task_fetch_actor::behavior_type task_fetch(task_fetch_self* self,
                                           control_plane_actor control_plane,
                                           logger log) {
  auto& state = self->state;
  state.self = self;
  state.control_plane = std::move(control_plane);
  state.log = std::move(log);
  return {
    [self](const fetch_context&) { return self->state.give_context(); },
    [self](const fetch_task_again&) { return self->state.give_task(); },
  };
}

} // namespace agent_server
