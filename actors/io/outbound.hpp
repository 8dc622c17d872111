#pragma once

#include "actors/io/curl_multi.hpp"
#include "actors/io/hosted.hpp"
#include "actors/io/http_exchange.hpp"
#include "actors/io/libraries.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <array>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace agent_server {

struct outbound_state;
using outbound_self =
  caf::stateful_actor<outbound_state, traced<hosted<outbound_actor::base>>>;

struct outbound_state {
  static inline const char* name = "outbound";

  ~outbound_state();

  outbound_self* self = nullptr;
  library_loader* libraries = nullptr;
  std::string user_agent;
  bool waits_for_libraries = false;
  /// Came before the libraries were there.
  std::vector<std::unique_ptr<http_exchange>> waiting;
  std::map<CURL*, std::unique_ptr<http_exchange>> running;
  /// The first two requests to an origin go out at the same time, each on a
  /// connection of its own, since it is not known yet whether one could carry
  /// both. When the first connection can, the other request moves to it.
  struct first_contact {
    std::array<CURL*, 2> pair{};
    bool over = false;
    bool shareable = false;
  };
  std::map<std::string, first_contact> origins;
  std::unique_ptr<curl_multi> multi;
  /// Expires with the state.
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);

  caf::result<http_response> exchange(const http_request& request);
  void wait_for_libraries();
  void start(std::unique_ptr<http_exchange> exchange);
  void choose_connection(http_exchange& exchange);
  void connected(const std::string& origin, CURL* easy, bool shareable);
  void forget(CURL* easy);
  void ended(CURL* easy, CURLcode result);
  void give_up();
};

/// Performs HTTP exchanges with libcurl; those that come before the libraries
/// are loaded wait for them. `libraries` outlives the actor.
outbound_actor::behavior_type outbound(outbound_self* self,
                                       library_loader* libraries,
                                       std::string user_agent);

} // namespace agent_server
