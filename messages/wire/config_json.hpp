#pragma once

#include "messages/config.hpp"

#include <caf/expected.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace agent_server {

/// `--mcpServers`. Error: `ec::bad_config` with the whole text for the user:
/// `--mcpServers must be valid JSON`, or `--mcpServers validation failed:` and
/// one line `  - <path>: <message>` an issue.
caf::expected<std::vector<mcp_server>> parse_mcp_servers(std::string_view json);

/// `--claudeCodeConfig`, with errors of the same form.
caf::expected<claude_code_config>
parse_claude_code_config(std::string_view json);

/// The `model` of a Claude settings file; empty when absent. Error:
/// `ec::bad_config` when the text is not a JSON object.
caf::expected<std::string> model_of_claude_settings(std::string_view json);

/// The top-level `model` of a codex `config.toml`; empty when absent.
std::string model_of_codex_config(std::string_view toml);

} // namespace agent_server
