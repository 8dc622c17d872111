#include "actors/io/outbound.hpp"

#include <algorithm>
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
  choose_connection(*exchange);
  auto* easy = exchange->easy();
  if (const auto code = multi->add(easy); code != CURLM_OK) {
    forget(easy);
    exchange->fail(ec::http_connect, libraries->curl()->multi_strerror(code));
    return;
  }
  running.emplace(easy, std::move(exchange));
}

void outbound_state::choose_connection(http_exchange& exchange) {
  const auto origin = exchange.origin();
  auto& contact = origins[origin];
  const auto place =
    std::find(contact.pair.begin(), contact.pair.end(), nullptr);
  if (contact.over || place == contact.pair.end()) {
    exchange.share_connection(!contact.over || contact.shareable);
    return;
  }
  *place = exchange.easy();
  exchange.when_connected(
    [this, origin, easy = exchange.easy()](bool shareable) {
      connected(origin, easy, shareable);
    });
}

void outbound_state::connected(const std::string& origin, CURL* easy,
                               bool shareable) {
  auto& contact = origins[origin];
  if (std::exchange(contact.over, true))
    return;
  contact.shareable = shareable;
  if (!shareable)
    return;
  for (auto* other : contact.pair) {
    const auto found = running.find(other);
    if (other == easy || found == running.end())
      continue;
    found->second->share_connection(true);
    multi->restart(other);
  }
}

void outbound_state::forget(CURL* easy) {
  for (auto& [origin, contact] : origins)
    std::replace(contact.pair.begin(), contact.pair.end(), easy,
                 static_cast<CURL*>(nullptr));
}

void outbound_state::ended(CURL* easy, CURLcode result) {
  forget(easy);
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
