#pragma once

#include "messages/model.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What is known of models by their ids.
namespace agent_server {

inline constexpr std::string_view default_claude_model = "claude-opus-4-7";
inline constexpr std::string_view default_codex_model = "gpt-5.4";

/// Reasoning efforts that a model accepts, lowest first; empty when it takes
/// none, no value when the model is not in the table.
std::optional<std::vector<std::string_view>>
known_efforts(std::string_view model);

/// The model that one of the CLI's short names (`sonnet`, `opus[1m]`, …) stands
/// for; empty when it is none. What the CLI itself takes them for changes with
/// its version.
std::string_view model_of_alias(std::string_view name);

/// Whether MCP servers are given to a session with this model.
bool takes_mcp_servers(std::string_view model);

/// The name shown for a catalogue entry: `claude-opus-4-7` → `Claude Opus 4.7`.
std::string model_display_name(std::string_view id);

/// Whether a Claude agent may offer this entry.
bool is_anthropic(const model_info& model);

/// The catalogue without the ids that must never be offered.
std::vector<model_info> offered_models(const std::vector<model_info>& all,
                                       bool anthropic_only);

/// Finds the option that `input` means: exact, then by name, then by part, then
/// by tokens; nothing when no option shares a token.
std::optional<std::string> resolve_model(
  std::string_view input,
  const std::vector<std::pair<std::string, std::string>>& value_and_name);

} // namespace agent_server
