#include "actors/control_plane.hpp"

#include "messages/redact.hpp"
#include "messages/wire/task_api.hpp"

#include <algorithm>
#include <caf/typed_response_promise.hpp>
#include <string_view>
#include <utility>

namespace agent_server {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr const char* append_label = "POST append_log";

bool is_transient(int status) {
  return status == 500 || (status >= 502 && status <= 504);
}

// What the control plane says of entries that it will not take tomorrow either.
bool refuses_entries(int status) {
  return status == 400 || status == 413 || status == 422;
}

} // namespace

std::string control_plane_state::task_url() const {
  return config.api_url + "/api/projects/" + config.project_id + "/tasks/"
         + config.task_id + "/";
}

std::string control_plane_state::run_url(const std::string& run_id) const {
  return task_url() + "runs/" + run_id + "/";
}

void control_plane_state::start(const char* label, std::string method,
                                std::string url, std::string payload,
                                std::function<void(caf::expected<body>)> done) {
  start(label, std::move(method), std::move(url), std::move(payload),
        std::move(done), answer_bounds{});
}

void control_plane_state::start(const char* label, std::string method,
                                std::string url, std::string payload,
                                std::function<void(caf::expected<body>)> done,
                                answer_bounds bounds) {
  const auto id = ++last_call;
  auto& next = calls[id];
  next.idempotent = method != "POST";
  next.appends_log = std::string_view{label} == append_label;
  next.request.label = label;
  next.request.method = std::move(method);
  next.request.url = std::move(url);
  next.request.headers = {{"Content-Type", "application/json"}};
  next.request.bearer = config.api_key;
  next.request.body = std::move(payload);
  next.request.max_body = bounds.size;
  next.try_timeout = bounds.time;
  // Only what the boot waits for shares the boot's time.
  next.give_up_at = booting && next.request.method == "GET"
                      ? boot_gives_up_at
                      : self->clock().now() + api_call_timeout;
  next.done = [done = std::move(done)](caf::expected<answer> got) {
    if (got)
      done(std::move(got->body));
    else
      done(std::move(got.error()));
  };
  try_once(id);
}

// Carries an artifact; may be repeated, for what it does twice does no harm.
void control_plane_state::transfer(
  http_request request, std::function<void(caf::expected<answer>)> done) {
  const auto id = ++last_call;
  auto& next = calls[id];
  next.idempotent = true;
  next.try_timeout = transfer_try_timeout;
  next.request = std::move(request);
  next.request.method = "POST";
  next.request.headers = {{"Content-Type", "application/json"}};
  next.request.bearer = config.api_key;
  next.give_up_at = self->clock().now() + transfer_timeout;
  next.done = std::move(done);
  try_once(id);
}

void control_plane_state::try_once(std::uint32_t id) {
  auto found = calls.find(id);
  if (found == calls.end())
    return;
  auto& current = found->second;
  ++current.tries;
  const auto left =
    duration_cast<milliseconds>(current.give_up_at - self->clock().now());
  auto request = current.request;
  request.timeout = std::clamp(left, milliseconds{1}, current.try_timeout);
  request.connect_timeout = std::min(request.connect_timeout, request.timeout);
  self->request(outbound, caf::infinite, std::move(request))
    .then([this, id](const http_response& response) { answered(id, response); },
          [this, id](const caf::error& err) { broke(id, err); });
}

void control_plane_state::answered(std::uint32_t id,
                                   const http_response& response) {
  auto& current = calls.at(id);
  const auto status = response.status;
  if (status >= 200 && status < 300) {
    end(id, response);
    return;
  }
  // A control plane that echoes the request would give the key away.
  const auto text =
    std::string{current.request.label} + ": "
    + task_api::error_text(status, redacted(*response.body, {config.api_key}));
  if ((status == 401 || status == 403) && !current.retried_authorization) {
    current.retried_authorization = true;
    if (try_again(id, text, std::chrono::seconds{0}))
      return;
  }
  if (status == 429 && try_again(id, text, response.retry_after))
    return;
  if (is_transient(status) && current.idempotent
      && try_again(id, text, response.retry_after))
    return;
  auto code = ec::control_plane_refused;
  if (current.appends_log && (status == 502 || status == 504))
    code = ec::answer_lost; // somebody between knows of no answer
  else if (status == 429 || status >= 500)
    code = ec::control_plane_unreachable;
  else if (current.appends_log && refuses_entries(status))
    code = ec::entries_refused;
  end(id, make_failure(code, text));
}

void control_plane_state::broke(std::uint32_t id, const caf::error& err) {
  auto& current = calls.at(id);
  const auto text = std::string{current.request.label} + ": " + describe(err);
  const auto code = code_of(err);
  const bool unknown = code == ec::http_timeout || code == ec::http_broken;
  const bool may_repeat =
    code == ec::http_connect || (unknown && current.idempotent);
  if (may_repeat && try_again(id, text, std::nullopt))
    return;
  auto failure = ec::control_plane_unreachable;
  const bool too_large = code == ec::http_too_large;
  if (current.appends_log && (unknown || too_large))
    failure = ec::answer_lost;
  else if (too_large)
    failure = ec::control_plane_refused;
  end(id, make_failure(failure, text));
}

bool control_plane_state::try_again(
  std::uint32_t id, const std::string& why,
  std::optional<std::chrono::seconds> asked_delay) {
  auto& current = calls.at(id);
  if (current.tries >= max_api_tries)
    return false;
  const auto doublings = std::min<std::size_t>(current.tries - 1, 5);
  const auto full =
    std::min(longest_api_backoff, first_api_backoff * (1 << doublings));
  milliseconds delay = full / 2
                       + milliseconds{std::uniform_int_distribution<int>{
                         0, static_cast<int>(full.count() / 2)}(jitter)};
  if (asked_delay)
    delay = duration_cast<milliseconds>(*asked_delay);
  if (self->clock().now() + delay >= current.give_up_at)
    return false;
  log->warn(why + "; trying again in " + std::to_string(delay.count()) + " ms");
  if (booting)
    self->send(health, phase_retrying{boot_phase::context_fetch, why});
  self->delayed_send(self, delay, alarm{id, 0, trace::current_cause()});
  return true;
}

void control_plane_state::end(std::uint32_t id, caf::expected<answer> result) {
  auto done = std::move(calls.at(id).done);
  calls.erase(id);
  done(std::move(result));
}

caf::result<task_run> control_plane_state::fetch_run(const get_run& m) {
  auto promise = self->make_response_promise<task_run>();
  const bool own = m.run_id.empty();
  start(own ? "GET run" : "GET earlier run", "GET",
        own ? run_url() : run_url(m.run_id), {},
        [promise](caf::expected<body> got) mutable {
          auto parsed = got ? task_api::parse_run(**got)
                            : caf::expected<task_run>{got.error()};
          if (parsed)
            promise.deliver(std::move(*parsed));
          else
            promise.deliver(parsed.error());
        });
  return promise;
}

caf::result<run_log> control_plane_state::fetch_run_log(const get_run_log& m) {
  auto promise = self->make_response_promise<run_log>();
  start("GET logs", "GET", run_url(m.run_id) + "logs", {},
        [promise](caf::expected<body> got) mutable {
          if (got)
            promise.deliver(run_log{std::move(*got)});
          else
            promise.deliver(got.error());
        },
        {max_run_log, run_log_timeout});
  return promise;
}

control_plane_actor::behavior_type
control_plane(control_plane_self* self, control_plane_config config,
              outbound_actor outbound, health_actor health, logger log,
              std::chrono::milliseconds boot_limit) {
  auto& state = self->state;
  state.self = self;
  state.config = std::move(config);
  state.outbound = std::move(outbound);
  state.health = std::move(health);
  state.log = std::move(log);
  state.boot_gives_up_at = self->clock().now() + boot_limit;
  state.jitter.seed(std::random_device{}());
  using body = control_plane_state::body;
  return {
    [self](const get_task&) -> caf::result<task> {
      auto promise = self->make_response_promise<task>();
      self->state.start("GET task", "GET", self->state.task_url(), {},
                        [promise](caf::expected<body> got) mutable {
                          auto parsed = got ? task_api::parse_task(**got)
                                            : caf::expected<task>{got.error()};
                          if (parsed)
                            promise.deliver(std::move(*parsed));
                          else
                            promise.deliver(parsed.error());
                        });
      return promise;
    },
    [self](const get_run& m) { return self->state.fetch_run(m); },
    [self](const get_run_log& m) { return self->state.fetch_run_log(m); },
    [self](const update_run& m) -> caf::result<run_updated> {
      auto promise = self->make_response_promise<run_updated>();
      self->state.start("PATCH run", "PATCH", self->state.run_url(), m.body,
                        [promise](const caf::expected<body>& got) mutable {
                          if (got)
                            promise.deliver(run_updated{});
                          else
                            promise.deliver(got.error());
                        });
      return promise;
    },
    [self](const set_output& m) -> caf::result<output_set> {
      auto promise = self->make_response_promise<output_set>();
      self->state.start("PATCH set_output", "PATCH",
                        self->state.run_url() + "set_output/",
                        task_api::output_body(m.output),
                        [promise](const caf::expected<body>& got) mutable {
                          if (got)
                            promise.deliver(output_set{});
                          else
                            promise.deliver(got.error());
                        });
      return promise;
    },
    [self](const append_log& m) -> caf::result<log_appended> {
      auto promise = self->make_response_promise<log_appended>();
      self->state.start(append_label, "POST",
                        self->state.run_url() + "append_log/",
                        task_api::append_log_body(m.entries),
                        [promise](const caf::expected<body>& got) mutable {
                          if (got)
                            promise.deliver(log_appended{});
                          else
                            promise.deliver(got.error());
                        });
      return promise;
    },
    [self](const relay_message& m) -> caf::result<message_relayed> {
      auto promise = self->make_response_promise<message_relayed>();
      self->state.start("POST relay_message", "POST",
                        self->state.run_url() + "relay_message/",
                        task_api::relay_message_body(m.text),
                        [promise](const caf::expected<body>& got) mutable {
                          if (got)
                            promise.deliver(message_relayed{});
                          else
                            promise.deliver(got.error());
                        });
      return promise;
    },
    [self](const upload_artifacts& m) -> caf::result<artifacts_uploaded> {
      auto promise = self->make_response_promise<artifacts_uploaded>();
      http_request request;
      request.label = "POST artifacts";
      request.url = self->state.run_url() + "artifacts/";
      request.shared_body = std::make_shared<const std::string>(
        task_api::artifacts_body(m.artifacts));
      request.max_body = max_api_answer;
      self->state.transfer(
        std::move(request), [promise, count = m.artifacts.size()](
                              const caf::expected<http_response>& got) mutable {
          auto paths = got
                         ? task_api::parse_storage_paths(*got->body, count)
                         : caf::expected<std::vector<std::string>>{got.error()};
          if (paths)
            promise.deliver(artifacts_uploaded{std::move(*paths)});
          else
            promise.deliver(paths.error());
        });
      return promise;
    },
    [self](const download_artifact& m) -> caf::result<artifact_downloaded> {
      auto promise = self->make_response_promise<artifact_downloaded>();
      http_request request;
      request.label = "POST artifacts/download";
      request.url = self->state.run_url() + "artifacts/download/";
      request.body = task_api::download_body(m.storage_path);
      request.to_file = m.to_path;
      request.max_body = m.max_size;
      self->state.transfer(
        std::move(request),
        [promise](const caf::expected<http_response>& got) mutable {
          if (got)
            promise.deliver(artifact_downloaded{got->body_size});
          else
            promise.deliver(got.error());
        });
      return promise;
    },
    [self](const boot_over&) { self->state.booting = false; },
    [self](const alarm& a) {
      trace::scope scope{a.armed_by};
      self->state.try_once(a.what);
    },
  };
}

} // namespace agent_server
