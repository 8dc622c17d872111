#include "http/routes.hpp"

#include "actors/trace/recorder.hpp"
#include "http/query.hpp"
#include "messages/wire/command_json.hpp"
#include "messages/wire/health_json.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <utility>

namespace agent_server {

namespace {

response json(int status, std::string body) {
  response result;
  result.status = status;
  result.body = std::make_shared<const std::string>(std::move(body));
  return result;
}

response not_found() {
  static const auto answer = json(404, error_body("Not found"));
  return answer;
}

response too_large() {
  static const auto answer =
    json(413, error_body("The request body is larger than 32 MiB"));
  return answer;
}

response server_error() {
  static const auto body =
    std::make_shared<const std::string>("Internal Server Error");
  return {500, "text/plain; charset=UTF-8", body};
}

response unauthorized(const admission& refused) {
  return json(401, error_body(refused.error, refused.code));
}

bool waits(std::string_view query) {
  return !query.empty() && query_value(query, "wait") == "hasSession";
}

std::chrono::nanoseconds wait_time(std::string_view query) {
  auto seconds = routes::max_wait_seconds;
  if (const auto text = query_value(query, "timeout")) {
    double value = 0;
    const auto* end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, value);
    if (parsed.ec == std::errc{} && parsed.ptr == end && std::isfinite(value))
      seconds = std::min(std::max(value, 0.0), routes::max_wait_seconds);
  }
  return std::chrono::nanoseconds{static_cast<std::int64_t>(seconds * 1e9)};
}

bool reads(http_method method) {
  return method == http_method::get || method == http_method::head;
}

} // namespace

routes::routes(asio::io_context& io, std::shared_ptr<published_health> health)
  : io_(io), health_(std::move(health)), waiters_(io) {}

void routes::connect(edge_wiring wiring, command_relay_actor relay) {
  wiring_ = std::move(wiring);
  relay_ = std::move(relay);
  streams_.emplace(io_, wiring_.events);
  connected_ = true;
  for (auto& [request, with] : std::exchange(kept_, {}))
    later(request, std::move(with));
}

std::optional<response> routes::at_once(const request_view& request) {
  if (request.body_size > max_body_bytes)
    return too_large();
  if (reads(request.method)) {
    if (request.path == "/health") {
      if (!closed_ && waits(request.query)
          && health_->read()->state == readiness::starting)
        return std::nullopt;
      return health();
    }
    if (request.path == "/events" || request.path == "/boot")
      return std::nullopt;
  }
  if (request.method == http_method::post && request.path == "/command")
    return std::nullopt;
  return not_found();
}

void routes::later(const request_view& request,
                   std::shared_ptr<exchange> with) {
  if (request.path == "/health")
    wait_for_session(request, std::move(with));
  else if (!connected_)
    kept_.push_back({request, std::move(with)});
  else if (request.path == "/events")
    open_events(request, std::move(with));
  else if (request.path == "/boot")
    report_boot(request, std::move(with));
  else
    run_command(request, std::move(with));
}

response routes::health() {
  auto snapshot = health_->read();
  const auto now = trace::now();
  const auto now_ms = now / 1'000'000;
  // While it starts, the body's elapsed times move on by the millisecond.
  const auto moves = snapshot->state == readiness::starting;
  if (snapshot != rendered_ || (moves && now_ms != rendered_ms_)) {
    rendered_body_ =
      std::make_shared<const std::string>(health_json(*snapshot, now));
    rendered_ = std::move(snapshot);
    rendered_ms_ = now_ms;
  }
  response result;
  result.body = rendered_body_;
  return result;
}

void routes::wait_for_session(const request_view& request,
                              std::shared_ptr<exchange> with) {
  const auto expiry = waiters::clock::now() + wait_time(request.query);
  waiters_.add(request.connection, expiry,
               [this, with = std::move(with)] { with->answer(health()); });
}

void routes::open_events(const request_view& request,
                         std::shared_ptr<exchange> with) {
  const auto edge = trace::note_edge("GET /events");
  wiring_.access->admit(
    door::events, request.authorization, request.loopback,
    [self = shared_from_this(), edge, with = std::move(with),
     options = event_options_of(request.query, request.last_event_id),
     connection = request.connection,
     method = request.method](const admission& verdict) {
      const trace::scope cause{edge};
      if (!verdict.granted)
        with->answer(unauthorized(verdict));
      else if (method == http_method::head)
        with->answer_stream_head();
      else if (auto body = with->open_stream())
        self->streams_->open(connection, std::move(body), options);
    });
}

void routes::run_command(const request_view& request,
                         std::shared_ptr<exchange> with) {
  const auto edge = trace::note_edge("POST /command");
  wiring_.access->admit(
    door::command, request.authorization, request.loopback,
    [self = shared_from_this(), edge,
     with = std::move(with)](const admission& verdict) {
      const trace::scope cause{edge};
      if (!verdict.granted) {
        with->answer(json(401, error_body(verdict.error)));
        return;
      }
      posted_command command;
      command.request.run_id = verdict.run_id;
      command.request.body = std::make_shared<const std::string>(with->body());
      command.answer = [with](std::optional<command_reply> reply) {
        with->answer(reply ? json(reply->status, std::move(reply->body))
                           : server_error());
      };
      caf::anon_send(self->relay_, std::move(command));
    });
}

void routes::report_boot(const request_view& request,
                         std::shared_ptr<exchange> with) {
  wiring_.access->admit(
    door::boot, request.authorization, request.loopback,
    [self = shared_from_this(),
     with = std::move(with)](const admission& verdict) {
      with->answer(verdict.granted ? json(200, self->wiring_.boot_report())
                                   : unauthorized(verdict));
    });
}

void routes::connection_gone(std::uint64_t connection) {
  waiters_.connection_gone(connection);
  std::erase_if(kept_, [connection](const kept_request& kept) {
    return kept.request.connection == connection;
  });
  if (streams_)
    streams_->connection_gone(connection);
}

void routes::close() {
  closed_ = true;
  waiters_.wake_all();
  kept_.clear();
  if (streams_)
    streams_->close();
}

} // namespace agent_server
