#pragma once

#include "messages/config.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agent_server {

/// Variables of an agent's process, by name.
using variables = std::vector<std::pair<std::string, std::string>>;

/// The value; empty when there is none.
std::string_view lookup(const variables& env, std::string_view name);
void set(variables& env, std::string_view name, std::string value);
/// Sets what the caller's environment leaves open.
void set_default(variables& env, std::string_view name, std::string value);
void remove(variables& env, std::string_view name);

/// What every agent gets: the inherited environment without what is ours
/// alone, and the way to the control plane and the gateway.
variables agent_environment(const server_config& config,
                            const std::string& gateway);

/// `NAME=value` entries, the mark behind them.
std::vector<std::string> to_entries(const variables& env,
                                    const std::string& mark);

/// The variables of `to` that `from` lacks or gives another value.
variables changed_variables(const std::vector<std::string>& from,
                            const std::vector<std::string>& to);

bool is_executable(const std::string& path);

/// The first executable of that name on a PATH.
std::optional<std::string> search_path(std::string_view path,
                                       std::string_view name);

} // namespace agent_server
