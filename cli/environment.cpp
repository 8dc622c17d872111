#include "cli/environment.hpp"

#include "cli/shell_words.hpp"
#include "messages/error.hpp"
#include "messages/model_table.hpp"
#include "messages/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>

namespace agent_server {

namespace {

using problem_list = std::vector<std::string>;

// CAF counts its time-outs in 32 bits; a phase of a boot needs far less.
constexpr std::int64_t max_deadline_ms = 86'400'000;

constexpr std::array<std::string_view, 5> effort_names{"low", "medium", "high",
                                                       "xhigh", "max"};

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  if (!all_digits(text))
    return std::nullopt;
  const auto end = text.data() + text.size();
  if (std::from_chars(text.data(), end, value).ec != std::errc{})
    return std::nullopt;
  return value;
}

void require(const environment& variables, const char* name, const char* what,
             problem_list& problems, std::string& target) {
  const auto* value = find_variable(variables, name);
  if (value == nullptr)
    problems.push_back(std::string{name} + " is required for " + what);
  else if (value->empty())
    problems.push_back(std::string{name} + " cannot be empty");
  else
    target = *value;
}

std::string expected_one_of(std::string_view name, std::string_view allowed,
                            const std::string& value) {
  return std::string{name} + " must be one of " + std::string{allowed}
         + " (got '" + value + "')";
}

void read_deadline(const environment& variables, const char* name,
                   std::chrono::milliseconds& target, problem_list& problems) {
  const auto* text = find_non_empty(variables, name);
  if (text == nullptr)
    return;
  const auto value = whole_number(*text).value_or(0);
  if (value < 1 || value > max_deadline_ms)
    problems.push_back(
      std::string{name} + " must be a whole number of milliseconds from 1 to "
      + std::to_string(max_deadline_ms) + " (got '" + *text + "')");
  else
    target = std::chrono::milliseconds{value};
}

void read_deadlines(const environment& variables, deadlines& limits,
                    problem_list& problems) {
  read_deadline(variables, "AGENT_SERVER_CONTEXT_FETCH_DEADLINE_MS",
                limits.context_fetch, problems);
  read_deadline(variables, "AGENT_SERVER_ACP_INITIALIZE_DEADLINE_MS",
                limits.acp_initialize, problems);
  read_deadline(variables, "AGENT_SERVER_REPOSITORY_READY_DEADLINE_MS",
                limits.repository_ready, problems);
  read_deadline(variables, "AGENT_SERVER_SESSION_DEPENDENCIES_DEADLINE_MS",
                limits.session_dependencies, problems);
  read_deadline(variables, "AGENT_SERVER_SESSION_CREATE_DEADLINE_MS",
                limits.session_create, problems);
  read_deadline(variables, "AGENT_SERVER_PERMISSION_TIMEOUT_MS",
                limits.permission, problems);
}

void read_agent_choice(const environment& variables, server_config& config,
                       problem_list& problems) {
  constexpr auto adapter = "POSTHOG_CODE_RUNTIME_ADAPTER";
  if (const auto* name = find_non_empty(variables, adapter)) {
    if (*name == "claude")
      config.adapter = runtime_adapter::claude;
    else if (*name == "codex")
      config.adapter = runtime_adapter::codex;
    else
      problems.push_back(expected_one_of(adapter, "claude, codex", *name));
  }
  if (const auto* model = find_non_empty(variables, "POSTHOG_CODE_MODEL"))
    config.model = *model;
  constexpr auto effort = "POSTHOG_CODE_REASONING_EFFORT";
  if (const auto* level = find_non_empty(variables, effort)) {
    if (std::find(effort_names.begin(), effort_names.end(), *level)
        != effort_names.end())
      config.effort = *level;
    else
      problems.push_back(
        expected_one_of(effort, "low, medium, high, xhigh, max", *level));
  }
}

void read_agent_command(const environment& variables, server_config& config,
                        problem_list& problems) {
  constexpr auto name = "AGENT_SERVER_AGENT_CMD";
  const auto* line = find_non_empty(variables, name);
  if (line == nullptr)
    return;
  auto words = split_shell_words(*line, name);
  if (words)
    config.agent_command = std::move(*words);
  else
    problems.push_back(describe(words.error()));
}

} // namespace

const std::string* find_variable(const environment& variables,
                                 std::string_view name) {
  for (const auto& [key, value] : variables)
    if (key == name)
      return &value;
  return nullptr;
}

const std::string* find_non_empty(const environment& variables,
                                  std::string_view name) {
  const auto* value = find_variable(variables, name);
  return value != nullptr && !value->empty() ? value : nullptr;
}

std::vector<std::string> read_required_variables(const environment& variables,
                                                 server_config& config) {
  problem_list problems;
  require(variables, "JWT_PUBLIC_KEY", "authenticating client connections",
          problems, config.jwt_public_key);

  const auto* url = find_variable(variables, "POSTHOG_API_URL");
  if (url == nullptr || !is_http_url(*url)) {
    problems.emplace_back(
      "POSTHOG_API_URL is required for LLM gateway communication");
  } else {
    config.control_plane.api_url = *url;
    if (url->back() == '/')
      config.control_plane.api_url.pop_back();
  }

  std::string key;
  require(variables, "POSTHOG_PERSONAL_API_KEY",
          "authenticating with PostHog services", problems, key);
  config.control_plane.api_key = secret{std::move(key)};

  const auto* project = find_variable(variables, "POSTHOG_PROJECT_ID");
  if (project == nullptr)
    problems.emplace_back("POSTHOG_PROJECT_ID is required for routing requests "
                          "to the correct project");
  else if (!all_digits(*project))
    problems.emplace_back("POSTHOG_PROJECT_ID must be a numeric string");
  else
    config.control_plane.project_id = *project;
  return problems;
}

std::vector<std::string> read_optional_variables(const environment& variables,
                                                 server_config& config) {
  problem_list problems;
  read_agent_choice(variables, config, problems);
  read_agent_command(variables, config, problems);
  read_deadlines(variables, config.limits, problems);

  if (const auto* url = find_non_empty(variables, "LLM_GATEWAY_URL")) {
    if (is_http_url(*url))
      config.gateway_url = *url;
    else
      problems.emplace_back("LLM_GATEWAY_URL must be an http or https URL");
  }
  if (const auto* id = find_non_empty(variables, "POSTHOG_RESUME_RUN_ID"))
    config.resume_run_id = *id;
  for (const auto* name :
       {"POSTHOG_CODE_INTERACTION_ORIGIN", "CODE_INTERACTION_ORIGIN",
        "TWIG_INTERACTION_ORIGIN"}) {
    const auto* origin = find_non_empty(variables, name);
    if (origin != nullptr && config.interaction_origin.empty())
      config.interaction_origin = *origin;
  }
  const auto* directory = find_non_empty(variables, "POSTHOG_AGENT_STATE_DIR");
  if (directory != nullptr && directory->front() != '/')
    problems.push_back("POSTHOG_AGENT_STATE_DIR must be an absolute path (got '"
                       + *directory + "')");
  // Only reported, never acted on: a bad value is no reason to refuse a boot.
  if (const auto* at =
        find_non_empty(variables, "POSTHOG_AGENT_LAUNCH_STARTED_AT_MS"))
    config.launched_at_ms = whole_number(at->substr(0, at->find('.')));

  config.inherited_environment = variables;
  return problems;
}

std::string render_problems(const std::vector<std::string>& problems) {
  std::string text = "Environment validation failed:";
  for (const auto& problem : problems)
    text += "\n  - " + problem;
  return text;
}

std::optional<std::string> effort_problem(const environment& variables,
                                          const server_config& config) {
  const auto* adapter =
    find_non_empty(variables, "POSTHOG_CODE_RUNTIME_ADAPTER");
  if (adapter == nullptr || !config.model || !config.effort)
    return std::nullopt;
  const std::vector<std::string_view> of_codex{"low", "medium", "high"};
  const auto accepted = config.adapter == runtime_adapter::codex
                          ? std::optional{of_codex}
                          : known_efforts(*config.model);
  if (!accepted
      || std::find(accepted->begin(), accepted->end(), *config.effort)
           != accepted->end())
    return std::nullopt;
  return "POSTHOG_CODE_REASONING_EFFORT '" + *config.effort
         + "' is not supported for " + *adapter + " model '" + *config.model
         + "'.";
}

} // namespace agent_server
