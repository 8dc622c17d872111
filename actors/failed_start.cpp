#include "actors/failed_start.hpp"

#include "messages/wire/task_api.hpp"

#include <utility>

namespace agent_server {

namespace {

// A boot report is far below this.
constexpr std::size_t max_probe_answer = 4u << 20;

} // namespace

void failed_start_state::tell(const boot_failed& why) {
  const auto text = to_string(why.failure_class) + ": " + why.failure;
  logger{disk}.error("boot failed: " + text);
  if (!probe) {
    mark_failed(text);
    return;
  }
  http_request question;
  question.label = "GET boot";
  question.url = probe->boot_url;
  question.bearer = probe->token;
  question.direct = true;
  question.timeout = port_probe_timeout;
  question.connect_timeout = port_probe_timeout;
  question.max_body = max_probe_answer;
  self->request(outbound, caf::infinite, std::move(question))
    .then(
      [this, text](const http_response& answer) {
        if (answer.status != 200) {
          mark_failed(text);
          return;
        }
        logger{disk}.error("an agent-server of this run answers "
                           + probe->boot_url
                           + " already: the run is left to it, not marked "
                             "failed");
        end();
      },
      [this, text](const caf::error&) { mark_failed(text); });
}

void failed_start_state::mark_failed(const std::string& text) {
  // The launcher's poll looks for a line that begins like this.
  logger{disk}.bare("Fatal agent-server error; marking run failed: " + text);
  self->send(control_plane, boot_over{});
  self
    ->request(control_plane, failed_start_timeout,
              update_run{task_api::failed_body(text)})
    .then([this](const run_updated&) { end(); },
          [this](const caf::error& err) {
            logger{disk}.error("the run could not be marked failed: "
                               + describe(err));
            end();
          });
}

void failed_start_state::end() {
  self->request(disk, failed_start_timeout, flush_disk{})
    .then([this](const disk_flushed&) { done(); },
          [this](const caf::error&) { done(); });
}

failed_start_actor::behavior_type
failed_start(failed_start_self* self, outbound_actor outbound,
             control_plane_actor control_plane, disk_actor disk,
             std::optional<port_probe> probe, std::function<void()> done) {
  auto& state = self->state;
  state.self = self;
  state.outbound = std::move(outbound);
  state.control_plane = std::move(control_plane);
  state.disk = std::move(disk);
  state.probe = std::move(probe);
  state.done = std::move(done);
  return {
    [self](const boot_failed& why) { self->state.tell(why); },
  };
}

} // namespace agent_server
