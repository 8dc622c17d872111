#pragma once

#include "cli/early_exit.hpp"
#include "cli/environment.hpp"
#include "messages/config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace agent_server {

/// Reads the command line and the environment of a server in a sandbox. Touches
/// nothing outside its arguments.
std::variant<server_config, early_exit>
read_flags(int argc, const char* const* argv, const environment& env);

/// A TCP port, 0 included; no value when `text` is none.
std::optional<std::uint16_t> parse_port(std::string_view text);

/// What to say about a `--port` that is none.
std::string port_problem(std::string_view text);

} // namespace agent_server
