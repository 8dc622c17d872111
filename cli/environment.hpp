#pragma once

#include "messages/config.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agent_server {

/// Variables in the order of the environment.
using environment = std::vector<std::pair<std::string, std::string>>;

/// The value of a variable; nullptr when it is not set.
const std::string* find_variable(const environment& variables,
                                 std::string_view name);

/// The same; nullptr also when the value is empty.
const std::string* find_non_empty(const environment& variables,
                                  std::string_view name);

/// Reads the variables that a server in a sandbox must have: the control plane,
/// its key and the key of the callers' tokens. Returns a sentence for each that
/// is missing or bad.
std::vector<std::string> read_required_variables(const environment& variables,
                                                 server_config& config);

/// Reads all other variables; local mode has only these. Also keeps a copy of
/// the environment for the agent. Returns a sentence for each that is bad.
std::vector<std::string> read_optional_variables(const environment& variables,
                                                 server_config& config);

/// `Environment validation failed:` and a line a problem.
std::string render_problems(const std::vector<std::string>& problems);

/// Why the effort does not go with the adapter and the model, when all three
/// are given in the environment.
std::optional<std::string> effort_problem(const environment& variables,
                                          const server_config& config);

} // namespace agent_server
