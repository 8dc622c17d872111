#pragma once

#include "cli/environment.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace agent_server {

/// Copies the environment; then overwrites every value in the memory that
/// /proc/<pid>/environ shows, and unsets the secret ones. Call it first thing
/// in `main`, before any thread.
environment take_initial_environment();

/// Overwrites the values of a flag in what /proc/<pid>/cmdline shows.
void hide_argument(int argc, char** argv, std::string_view flag);

/// Whether a variable of this name holds a secret.
bool is_secret_variable(std::string_view name);

/// What of a variable nobody else may see: its value, or the passwords in it.
std::vector<std::string> secrets_of_variable(std::string_view name,
                                             std::string_view value);

} // namespace agent_server
