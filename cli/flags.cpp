#include "cli/flags.hpp"

#include "cli/option_parser.hpp"
#include "cli/shell_words.hpp"
#include "cli/state_directory.hpp"
#include "messages/error.hpp"
#include "messages/wire/config_json.hpp"

#include <charconv>
#include <filesystem>

namespace agent_server {

namespace {

constexpr auto environment_help = R"(
Environment, required:
  JWT_PUBLIC_KEY            PEM key that verifies the callers' tokens
  POSTHOG_API_URL           base URL of the control plane
  POSTHOG_PERSONAL_API_KEY  key for the control plane and the gateway
  POSTHOG_PROJECT_ID        project of the task, a number

Environment, optional:
  POSTHOG_CODE_RUNTIME_ADAPTER   claude (default) or codex
  POSTHOG_CODE_MODEL             pins the model: the session does not wait for
                                 the model list
  POSTHOG_CODE_REASONING_EFFORT  low, medium, high, xhigh or max
  AGENT_SERVER_AGENT_CMD         the same as --agentCmd, which wins
  LLM_GATEWAY_URL                gateway to use instead of the derived one
  POSTHOG_CODE_INTERACTION_ORIGIN, CODE_INTERACTION_ORIGIN,
  TWIG_INTERACTION_ORIGIN        where the run was asked for
  POSTHOG_AGENT_STATE_DIR        private directory, an absolute path (default:
                                 $XDG_STATE_HOME/agent-server/<runId>, else
                                 /tmp/agent-server-<uid>/<runId>)
  POSTHOG_AGENT_LAUNCH_STARTED_AT_MS
                                 the launcher's start, ms since the epoch

Deadlines of the boot's phases, in milliseconds:
  AGENT_SERVER_CONTEXT_FETCH_DEADLINE_MS         task and run (20000)
  AGENT_SERVER_ACP_INITIALIZE_DEADLINE_MS        handshake of the agent (60000)
  AGENT_SERVER_REPOSITORY_READY_DEADLINE_MS      --repoReadyFile (300000)
  AGENT_SERVER_SESSION_DEPENDENCIES_DEADLINE_MS  model list (10000)
  AGENT_SERVER_SESSION_CREATE_DEADLINE_MS        session/new (60000)

How long a permission question of a session in background mode waits for an
answer, in milliseconds, before it is decided without one:
  AGENT_SERVER_PERMISSION_TIMEOUT_MS             (300000)

`agent-server local --help` tells how to run without a control plane.
)";

const option_set& server_options() {
  static const option_set set{
    "agent-server",
    "Runs a coding agent for a task and serves its session over HTTP.",
    {
      {"port", "port", "TCP port; 0: any free one (default: 3001)"},
      {"host", "address", "Address to listen on (default: all interfaces)"},
      {"mode", "mode", "interactive (default) or background"},
      {"repositoryPath", "path",
       "Where the agent works (default: /tmp/workspace)"},
      {"repoReadyFile", "path",
       "Leave the repository alone until this file exists"},
      {"taskId", "id", "Task of the control plane (required)", true},
      {"runId", "id", "Run of that task (required)", true},
      {"agentCmd", "command",
       "Any ACP agent over stdio; split like a shell would, no shell is "
       "started (default: the command of the adapter)"},
      {"mcpServers", "json", "Remote MCP servers for the session"},
      {"createPr", "boolean", "Whether the agent may publish: true or false"},
      {"baseBranch", "branch", "Branch that pull requests go to"},
      {"claudeCodeConfig", "json", "System prompt and plugins of the session"},
      {"allowedDomains", "domains", "Web domains, separated by commas"},
      {"version", "", "Show the version and exit"},
    },
    environment_help};
  return set;
}

std::string without_blanks(std::string_view text) {
  constexpr auto blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return {};
  return std::string{
    text.substr(begin, text.find_last_not_of(blanks) + 1 - begin)};
}

std::vector<std::string> split_domains(std::string_view list) {
  std::vector<std::string> result;
  for (;;) {
    const auto comma = list.find(',');
    if (auto domain = without_blanks(list.substr(0, comma)); !domain.empty())
      result.push_back(std::move(domain));
    if (comma == std::string_view::npos)
      return result;
    list.remove_prefix(comma + 1);
  }
}

const std::string* find_given(const option_values& values,
                              std::string_view name) {
  const auto* value = find(values, name);
  return value != nullptr && !value->empty() ? value : nullptr;
}

// Agents and the trace want absolute paths.
std::optional<std::string> absolute_path(const std::string* path) {
  if (path == nullptr)
    return std::nullopt;
  std::error_code ignored;
  const auto result = std::filesystem::absolute(*path, ignored).string();
  return result.empty() ? *path : result;
}

void take_texts(const option_values& values, server_config& config) {
  config.control_plane.task_id = *find(values, "taskId");
  config.control_plane.run_id = *find(values, "runId");
  if (const auto* host = find_given(values, "host"))
    config.host = *host;
  if (const auto* branch = find_given(values, "baseBranch"))
    config.base_branch = *branch;
  const auto* mode = find(values, "mode");
  config.background = mode != nullptr && *mode == "background";
  config.repository_path = absolute_path(find_given(values, "repositoryPath"));
  config.repo_ready_file = absolute_path(find_given(values, "repoReadyFile"));
  if (const auto* domains = find(values, "allowedDomains"))
    config.allowed_domains = split_domains(*domains);
}

// The rest of the flags; returns the first problem, empty: none.
std::string take_checked(const option_values& values, server_config& config) {
  for (const auto* name : {"taskId", "runId"})
    if (find(values, name)->empty())
      return "--" + std::string{name} + " cannot be empty";
  if (const auto* port = find(values, "port")) {
    const auto number = parse_port(*port);
    if (!number)
      return port_problem(*port);
    config.port = *number;
  }
  if (const auto* flag = find(values, "createPr")) {
    if (*flag != "true" && *flag != "false")
      return "--createPr must be either \"true\" or \"false\"";
    config.create_pr = *flag == "true";
  }
  if (const auto* json = find_given(values, "mcpServers")) {
    auto servers = parse_mcp_servers(*json);
    if (!servers)
      return describe(servers.error());
    config.mcp_servers = std::move(*servers);
  }
  if (const auto* json = find_given(values, "claudeCodeConfig")) {
    auto parsed = parse_claude_code_config(*json);
    if (!parsed)
      return describe(parsed.error());
    config.claude_code = std::move(*parsed);
  }
  if (const auto* line = find(values, "agentCmd")) {
    auto words = split_shell_words(*line, "--agentCmd");
    if (!words)
      return describe(words.error());
    config.agent_command = std::move(*words);
  }
  return {};
}

} // namespace

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t value = 0;
  const auto end = text.data() + text.size();
  const auto [last, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || last != end)
    return std::nullopt;
  return value;
}

std::string port_problem(std::string_view text) {
  return "error: option '--port <port>' argument '" + std::string{text}
         + "' is invalid. It must be a number from 0 to 65535.";
}

std::variant<server_config, early_exit>
read_flags(int argc, const char* const* argv, const environment& env) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "trace" || first == "doctor")
    return refuse("error: unknown command '" + std::string{first} + "'");
  auto parsed = parse_options(server_options(), argc, argv, 1);
  if (auto* exit = std::get_if<early_exit>(&parsed))
    return std::move(*exit);
  const auto& values = std::get<option_values>(parsed);

  server_config config;
  auto problems = read_required_variables(env, config);
  const auto more = read_optional_variables(env, config);
  problems.insert(problems.end(), more.begin(), more.end());
  if (!problems.empty())
    return refuse(render_problems(problems));
  take_texts(values, config);
  if (auto problem = take_checked(values, config); !problem.empty())
    return refuse(std::move(problem));
  if (auto problem = effort_problem(env, config))
    return refuse(*std::move(problem));
  config.state_directory =
    choose_state_directory(env, config.control_plane.run_id);
  return config;
}

} // namespace agent_server
