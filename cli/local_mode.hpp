#pragma once

#include "cli/environment.hpp"
#include "cli/local_options.hpp"
#include "messages/boot.hpp"
#include "messages/boot_report.hpp"
#include "messages/config.hpp"
#include "messages/secret.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace agent_server {

/// The configuration of a server whose control plane is a directory: loopback
/// only, no gateway and no key. `boot_id` names the run.
std::variant<server_config, early_exit>
make_local_config(const local_options& options, const environment& variables,
                  const std::string& boot_id);

/// What a user of the terminal is told once the port is open.
std::string local_welcome(const server_config& config, std::uint16_t port,
                          const secret& access_token);

/// What the terminal shows of a boot that is over.
std::string local_boot_summary(const health_snapshot& health,
                               const boot_report& report);

/// The file that takes the log in local mode, since the terminal belongs to the
/// conversation; -1 when it cannot be opened.
int open_local_log(const server_config& config);

} // namespace agent_server
