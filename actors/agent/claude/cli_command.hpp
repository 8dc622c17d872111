#pragma once

#include "messages/config.hpp"
#include "messages/process.hpp"

#include <caf/expected.hpp>
#include <string>

namespace agent_server::claude {

/// The session that a CLI is started for: a new one, or one to go on with.
struct cli_session {
  std::string id{}; // a UUID
  bool resumes = false;
  /// Empty: as the configuration says.
  std::string model{};

  bool operator==(const cli_session&) const = default;
};

/// The CLI: `CLAUDE_CODE_EXECUTABLE`, else `claude` on PATH, else the binary of
/// the platform's npm package where npm puts it. A script is run by node.
/// Error: `ec::agent_not_found`, naming the variable or the line that installs
/// it.
caf::expected<std::string> find_cli(const server_config& config);

/// The file of `--mcp-config`, of this session alone; servers come with secrets
/// in their headers, so they stand in no argument.
std::string mcp_config_path(const server_config& config,
                            const cli_session& session);

/// The model that `make_cli_plan` starts the CLI with.
std::string launched_model(const server_config& config,
                           const cli_session& session);

/// How the CLI is started. All that is not known at exec is left to the control
/// protocol; `gateway` may be corrected by it.
launch_plan make_cli_plan(const server_config& config, const std::string& cli,
                          const std::string& gateway,
                          const cli_session& session, const std::string& mark);

} // namespace agent_server::claude
