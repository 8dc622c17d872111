#pragma once

#include "cli/environment.hpp"

#include <string_view>

namespace agent_server {

/// Copies the environment; then overwrites the values of secret variables in
/// the memory that /proc/<pid>/environ shows, and unsets them. Call it first
/// thing in `main`, before any thread.
environment take_initial_environment();

/// Whether a variable of this name holds a secret.
bool is_secret_variable(std::string_view name);

} // namespace agent_server
