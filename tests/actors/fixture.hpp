#pragma once

#include "actors/logger.hpp"
#include "messages/actors.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace agent_server::test {

using namespace std::chrono_literals;

/// An actor system without threads and with a clock that moves when told to.
struct fixture {
  struct settings_type : caf::actor_system_config {
    settings_type() { set("scheduler.policy", caf::atom("testing")); }
  };

  settings_type settings;
  caf::actor_system system{settings};
  caf::scheduler::test_coordinator& scheduler =
    dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  caf::scoped_actor self{system};

  /// Breaks the circles of fakes that hold unanswered promises of their own.
  std::vector<std::function<void()>> at_end;

  fixture() { system.await_actors_before_shutdown(false); }
  ~fixture() {
    for (const auto& action : at_end)
      action();
    run();
  }
  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;

  void run() {
    while (scheduler.try_run_once()) {
    }
  }

  void advance(std::chrono::nanoseconds time) {
    scheduler.advance_time(time);
    run();
  }

  /// Sends a request and returns its answer once the scheduler has nothing
  /// more to do; nothing when it is not answered by then.
  template <class Answer>
  struct pending {
    std::shared_ptr<std::optional<Answer>> answer =
      std::make_shared<std::optional<Answer>>();
    std::shared_ptr<caf::error> error = std::make_shared<caf::error>();
    bool answered() const { return answer->has_value(); }
    bool failed() const { return static_cast<bool>(*error); }
    Answer& value() { return **answer; }
  };

  template <class Answer, class Handle, class... Ts>
  pending<Answer> ask(const Handle& whom, Ts... question) {
    pending<Answer> result;
    system.spawn([=](caf::event_based_actor* asker) {
      asker->request(whom, caf::infinite, question...)
        .then([=](const Answer& got) { *result.answer = got; },
              [=](const caf::error& err) { *result.error = err; });
    });
    run();
    return result;
  }

  std::shared_ptr<std::vector<std::string>> logged =
    std::make_shared<std::vector<std::string>>();

  disk_actor fake_disk() {
    return system.spawn(
      [](disk_actor::pointer, std::shared_ptr<std::vector<std::string>> lines)
        -> disk_actor::behavior_type {
        return {
          [lines](const log_line& line) { lines->push_back(line.text); },
          [](const write_file&) { return file_written{}; },
          [](const remove_file&) {},
          [](const flush_disk&) { return disk_flushed{}; },
          [](const read_pinned_model&) { return pinned_model{}; },
          [](const make_working_directory&) {
            return working_directory_made{};
          },
        };
      },
      logged);
  }

  logger log{fake_disk()};

  bool was_logged(const std::string& part) const {
    for (const auto& line : *logged)
      if (line.find(part) != std::string::npos)
        return true;
    return false;
  }
};

/// Requests that a fake has received and not answered yet.
template <class Question, class Answer>
struct inbox {
  struct item {
    Question question;
    caf::typed_response_promise<Answer> promise;
    caf::local_actor* owner = nullptr;

    /// The test answers from outside of any handler, so from no unit.
    template <class Value>
    void deliver(Value value) {
      owner->context(nullptr);
      promise.deliver(std::move(value));
    }
  };
  std::vector<item> items;

  std::size_t size() const { return items.size(); }
  const Question& question(std::size_t i) const { return items.at(i).question; }
  void answer(std::size_t i, Answer value) {
    items.at(i).deliver(std::move(value));
  }
  void fail(std::size_t i, ec code, std::string text) {
    items.at(i).deliver(make_failure(code, std::move(text)));
  }
  template <class Self>
  caf::result<Answer> take(Self* self, const Question& question) {
    items.push_back(
      {question, self->template make_response_promise<Answer>(), self});
    return items.back().promise;
  }
};

using http_inbox = inbox<http_request, http_response>;

inline outbound_actor fake_outbound(caf::actor_system& system,
                                    std::shared_ptr<http_inbox> box) {
  return system.spawn(
    [](outbound_actor::pointer self,
       std::shared_ptr<http_inbox> into) -> outbound_actor::behavior_type {
      return {
        [self, into](const http_request& request) {
          return into->take(self, request);
        },
      };
    },
    box);
}

inline http_response answer_of(int status, std::string body) {
  http_response response;
  response.status = status;
  response.body = std::make_shared<const std::string>(std::move(body));
  return response;
}

/// A control plane whose calls are answered by the test.
struct plane_inbox {
  inbox<get_task, task> tasks;
  inbox<get_run, task_run> runs;
  inbox<update_run, run_updated> updates;
  inbox<append_log, log_appended> logs;
  inbox<relay_message, message_relayed> relays;
  inbox<get_run_log, run_log> run_logs;
  inbox<upload_artifacts, artifacts_uploaded> uploads;
  inbox<download_artifact, artifact_downloaded> downloads;
  bool boot_ended = false;

  void clear() {
    tasks.items.clear();
    runs.items.clear();
    updates.items.clear();
    logs.items.clear();
    relays.items.clear();
    run_logs.items.clear();
    uploads.items.clear();
    downloads.items.clear();
  }
};

inline control_plane_actor fake_plane(caf::actor_system& system,
                                      std::shared_ptr<plane_inbox> box) {
  return system.spawn(
    [](control_plane_actor::pointer self, std::shared_ptr<plane_inbox> into)
      -> control_plane_actor::behavior_type {
      return {
        [=](const get_task& m) { return into->tasks.take(self, m); },
        [=](const get_run& m) { return into->runs.take(self, m); },
        [=](const update_run& m) { return into->updates.take(self, m); },
        [](const set_output&) { return output_set{}; },
        [=](const append_log& m) { return into->logs.take(self, m); },
        [=](const relay_message& m) { return into->relays.take(self, m); },
        [=](const get_run_log& m) { return into->run_logs.take(self, m); },
        [=](const upload_artifacts& m) { return into->uploads.take(self, m); },
        [=](const download_artifact& m) {
          return into->downloads.take(self, m);
        },
        [=](const boot_over&) { into->boot_ended = true; },
        [](const alarm&) {},
      };
    },
    box);
}

} // namespace agent_server::test
