#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace agent_server {

/// A model of the gateway's catalogue.
struct model_info {
  std::string id;
  std::string owned_by;
  std::int64_t context_window = 0; // tokens; 0 when the gateway does not say
};

using model_list = std::shared_ptr<const std::vector<model_info>>;

/// The context window while the catalogue does not know better, in tokens.
constexpr std::int64_t default_context_window = 200'000;

/// Starts a refresh unless one is under way or the entry is fresh.
struct warm_models {
  std::string gateway_url;
};

/// Asks for the catalogue of a gateway. A known entry is answered at once, also
/// when it is stale (it is then refreshed behind the answer); an unknown one
/// when the refresh ends. Errors: `ec::gateway_failed`.
struct get_models {
  std::string gateway_url;
};
struct models {
  model_list list;
};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::warm_models)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::get_models)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::models)
