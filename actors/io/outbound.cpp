#include "actors/io/outbound.hpp"

#include <utility>

namespace agent_server {

outbound_state::~outbound_state() {
  give_up();
}

caf::result<http_response>
outbound_state::exchange(const http_request& request) {
  auto promise = self->make_response_promise<http_response>();
  auto exchange = std::make_unique<http_exchange>(request, promise);
  if (libraries->ended_by() != 0) {
    start(std::move(exchange));
  } else {
    waiting.push_back(std::move(exchange));
    wait_for_libraries();
  }
  return promise;
}

void outbound_state::wait_for_libraries() {
  if (std::exchange(waits_for_libraries, true))
    return;
  libraries->when_ready([this, still = std::weak_ptr{alive}] {
    if (still.expired())
      return;
    for (auto& exchange : std::exchange(waiting, {}))
      start(std::move(exchange));
  });
}

void outbound_state::start(std::unique_ptr<http_exchange> exchange) {
  if (libraries->curl() == nullptr) {
    exchange->fail(ec::http_unusable, libraries->error());
    return;
  }
  if (!multi)
    multi = std::make_unique<curl_multi>(
      self->io(), *libraries->curl(),
      [this](CURL* easy, CURLcode result) { ended(easy, result); });
  if (auto err = exchange->prepare(*libraries, user_agent)) {
    exchange->answer(err);
    return;
  }
  auto* easy = exchange->easy();
  if (const auto code = multi->add(easy); code != CURLM_OK) {
    exchange->fail(ec::http_connect, libraries->curl()->multi_strerror(code));
    return;
  }
  running.emplace(easy, std::move(exchange));
}

void outbound_state::ended(CURL* easy, CURLcode result) {
  auto node = running.extract(easy);
  if (!node.empty())
    node.mapped()->finish(result, libraries->trust_problem());
}

void outbound_state::give_up() {
  for (auto& exchange : std::exchange(waiting, {}))
    exchange->fail(ec::http_connect, "the server is ending");
  for (auto& [easy, exchange] : std::exchange(running, {})) {
    multi->remove(easy);
    exchange->fail(ec::http_connect, "the server is ending");
  }
  multi.reset();
}

outbound_actor::behavior_type outbound(outbound_self* self,
                                       library_loader* libraries,
                                       std::string user_agent) {
  auto& state = self->state;
  state.self = self;
  state.libraries = libraries;
  state.user_agent = std::move(user_agent);
  self->set_exit_handler([self](caf::exit_msg& m) {
    self->state.give_up();
    self->quit(std::move(m.reason));
  });
  return {
    [self](const http_request& m) { return self->state.exchange(m); },
  };
}

} // namespace agent_server
