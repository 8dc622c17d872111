#pragma once

#include "actors/logger.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/actor_clock.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace agent_server {

/// How long an entry is fresh.
constexpr std::chrono::minutes model_list_lifetime{10};
/// How long one refresh may take.
constexpr std::chrono::seconds model_fetch_timeout{60};

struct model_catalog_state;
using model_catalog_self =
  caf::stateful_actor<model_catalog_state, traced<model_catalog_actor::base>>;

struct model_catalog_state {
  static inline const char* name = "model_catalog";
  using promise = caf::typed_response_promise<models>;

  struct entry {
    model_list list;
    caf::actor_clock::time_point fetched_at;
    bool refreshing = false;
    std::vector<promise> waiting;
  };

  model_catalog_self* self = nullptr;
  outbound_actor outbound;
  secret api_key;
  std::optional<logger> log;
  std::map<std::string, entry> entries;

  caf::result<models> give(const std::string& gateway_url);
  void refresh_if_stale(const std::string& gateway_url);
  void refreshed(const std::string& gateway_url, const http_response& response);
  void refresh_failed(const std::string& gateway_url, const caf::error& err);
};

/// Serves known lists at once, also stale ones, while at most one refresh a
/// gateway is under way.
model_catalog_actor::behavior_type model_catalog(model_catalog_self* self,
                                                 outbound_actor outbound,
                                                 secret api_key, logger log);

} // namespace agent_server
