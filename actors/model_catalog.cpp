#include "actors/model_catalog.hpp"

#include "messages/wire/model_catalog.hpp"

#include <memory>
#include <utility>

namespace agent_server {

namespace {

// A list of thousands of models is below this.
constexpr std::size_t max_catalogue_size = 8u << 20;

} // namespace

caf::result<models> model_catalog_state::give(const std::string& gateway_url) {
  refresh_if_stale(gateway_url);
  auto& entry = entries[gateway_url];
  if (entry.list)
    return models{entry.list};
  auto answer = self->make_response_promise<models>();
  entry.waiting.push_back(answer);
  return answer;
}

void model_catalog_state::refresh_if_stale(const std::string& gateway_url) {
  auto& entry = entries[gateway_url];
  const auto now = self->clock().now();
  const bool fresh = entry.list && now - entry.fetched_at < model_list_lifetime;
  if (fresh || entry.refreshing)
    return;
  entry.refreshing = true;
  http_request request;
  request.label = "GET models";
  request.url = gateway_url + "/v1/models";
  request.bearer = api_key;
  request.timeout = model_fetch_timeout;
  request.max_body = max_catalogue_size;
  self->request(outbound, caf::infinite, std::move(request))
    .then(
      [this, gateway_url](const http_response& response) {
        refreshed(gateway_url, response);
      },
      [this, gateway_url](const caf::error& err) {
        refresh_failed(gateway_url, err);
      });
}

void model_catalog_state::refreshed(const std::string& gateway_url,
                                    const http_response& response) {
  if (response.status != 200) {
    refresh_failed(gateway_url,
                   make_failure(ec::gateway_failed,
                                "status " + std::to_string(response.status)));
    return;
  }
  auto parsed = parse_models(*response.body);
  if (!parsed) {
    refresh_failed(gateway_url, parsed.error());
    return;
  }
  auto& entry = entries[gateway_url];
  entry.list =
    std::make_shared<const std::vector<model_info>>(std::move(*parsed));
  entry.fetched_at = self->clock().now();
  entry.refreshing = false;
  for (auto& answer : std::exchange(entry.waiting, {}))
    answer.deliver(models{entry.list});
}

void model_catalog_state::refresh_failed(const std::string& gateway_url,
                                         const caf::error& err) {
  const auto text = "GET models failed: " + describe(err);
  log->warn(text);
  auto& entry = entries[gateway_url];
  entry.refreshing = false;
  for (auto& answer : std::exchange(entry.waiting, {}))
    answer.deliver(make_failure(ec::gateway_failed, text));
}

model_catalog_actor::behavior_type model_catalog(model_catalog_self* self,
                                                 outbound_actor outbound,
                                                 secret api_key, logger log) {
  auto& state = self->state;
  state.self = self;
  state.outbound = std::move(outbound);
  state.api_key = std::move(api_key);
  state.log = std::move(log);
  return {
    [self](const warm_models& m) {
      self->state.refresh_if_stale(m.gateway_url);
    },
    [self](const get_models& m) { return self->state.give(m.gateway_url); },
  };
}

} // namespace agent_server
