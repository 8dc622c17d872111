#pragma once

#include "messages/model.hpp"

#include <caf/expected.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace agent_server {

/// Reads the body of `GET /v1/models`. Error: `ec::gateway_failed`, also for an
/// empty list.
caf::expected<std::vector<model_info>> parse_models(std::string_view body);

/// Config options of an agent that reports none: `mode`, `model`, and `effort`
/// where the model takes one.
struct catalog_options {
  std::string mode;
  std::string model;
  std::string effort; // empty: none asked for
  bool bypass_allowed = true;
  /// The gateway's catalogue; blocked and foreign entries are not offered. Null
  /// or empty gives a one-entry list of `model`.
  model_list offered;

  /// The JSON array that callers see.
  std::string to_json() const;

  /// Changes one option. Errors: `ec::invalid_params` with the texts
  /// `Unknown config option: X` and `Invalid value for config option X: Y`.
  /// The canonical value is stored; a model change rebuilds the effort.
  caf::error set(std::string_view option, std::string_view value);

  /// Whether `set` would accept the value.
  bool accepts(std::string_view option, std::string_view value) const;
};

/// The model a Claude session starts with, and whether it is pinned: the
/// settings' model, else the environment's, else the default. A short name is
/// resolved; a model that is not Anthropic's, by its id or in the list, gives
/// way to the default.
std::string initial_claude_model(std::string_view from_settings,
                                 std::string_view from_environment,
                                 const model_list& offered);

} // namespace agent_server
