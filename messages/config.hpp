#pragma once

#include "messages/secret.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace agent_server {

/// A remote MCP server of `--mcpServers`; header values are secrets.
struct mcp_server {
  std::string type; // "http" or "sse"
  std::string name;
  std::string url;
  std::vector<std::pair<std::string, secret>> headers;
};

/// How a tool of an MCP server may be used.
enum class mcp_approval : std::uint8_t { approved, needs_approval, do_not_use };

/// The accepted part of `--claudeCodeConfig`.
struct claude_code_config {
  /// Replaces the agent's own system prompt.
  std::optional<std::string> system_prompt;
  /// Appended to the agent's own system prompt (`preset` form).
  std::optional<std::string> system_prompt_append;
  /// Directories of local plugins.
  std::vector<std::string> plugins;
  /// By full tool name (`mcp__server__tool`); others are asked about as the
  /// mode says.
  std::map<std::string, mcp_approval> mcp_tool_approvals;
};

/// How long each phase of the boot may take, and what else has an end.
struct deadlines {
  std::chrono::milliseconds context_fetch{20'000};
  std::chrono::milliseconds acp_initialize{60'000};
  std::chrono::milliseconds repository_ready{300'000};
  /// How long a session without a pinned model waits for the model list.
  std::chrono::milliseconds session_dependencies{10'000};
  std::chrono::milliseconds session_create{60'000};
  /// How long an unattended session waits for an answer to a permission
  /// question.
  std::chrono::milliseconds permission{300'000};
};

enum class runtime_adapter : std::uint8_t { claude, codex };

/// What the control plane and the gateway need to know of us.
struct control_plane_config {
  std::string api_url; // without a trailing slash
  secret api_key;
  std::string project_id;
  std::string task_id;
  std::string run_id;
};

/// Flags and environment, validated. Built once by `cli/`, then read only.
struct server_config {
  control_plane_config control_plane;

  std::optional<std::string> host; // absent: all interfaces, IPv6 and IPv4
  std::uint16_t port = 3001;
  bool background = false;
  std::optional<std::string> repository_path;
  std::optional<std::string> repo_ready_file;
  std::vector<mcp_server> mcp_servers;
  std::optional<bool> create_pr;
  std::optional<std::string> base_branch;
  claude_code_config claude_code;
  std::vector<std::string> allowed_domains;

  /// Words of `--agentCmd`; empty when the adapter's own command is meant.
  std::vector<std::string> agent_command;
  /// The agent is this program's own scripted demonstration.
  bool runs_demonstration = false;
  runtime_adapter adapter = runtime_adapter::claude;
  std::optional<std::string> model;
  std::optional<std::string> effort;

  std::string jwt_public_key;             // PEM; empty in local mode
  std::optional<std::string> gateway_url; // LLM_GATEWAY_URL, verbatim
  std::optional<std::string> resume_run_id;
  std::string interaction_origin;
  std::string state_directory;
  /// It was not chosen by the user, and nowhere else is left.
  bool state_may_lie_in_repository = false;
  /// Wall clock of the launcher's start, ms since the epoch.
  std::optional<std::int64_t> launched_at_ms;

  /// The environment at exec, for the agent's own environment.
  std::vector<std::pair<std::string, std::string>> inherited_environment;
  deadlines limits;

  /// Where the agent works.
  std::string working_directory() const {
    return repository_path.value_or("/tmp/workspace");
  }
};

} // namespace agent_server
