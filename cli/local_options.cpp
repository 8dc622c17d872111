#include "cli/local_options.hpp"

#include "cli/flags.hpp"
#include "cli/option_parser.hpp"
#include "cli/shell_words.hpp"
#include "messages/error.hpp"

#include <filesystem>

namespace agent_server {

namespace {

constexpr auto examples = R"(
Without --agent a scripted demonstration answers; no model is behind it. Any
agent that speaks the Agent Client Protocol over stdio can take its place:
  agent-server local --prompt "Explain this repository" \
    --agent "npx -y @agentclientprotocol/claude-agent-acp"

POSTHOG_CODE_MODEL, POSTHOG_CODE_REASONING_EFFORT and the deadlines of
`agent-server --help` hold here too.
)";

const option_set& options() {
  static const option_set set{
    "agent-server local",
    "Runs an agent here, without a control plane, a gateway or a key.",
    {
      {"prompt", "text", "What the agent is asked first (required)", true},
      {"agent", "command",
       "The agent's command; split like a shell would, no shell is started"},
      {"repositoryPath", "path",
       "Where the agent works (default: the current directory)"},
      {"state", "path",
       "Where task, run, log and artifacts are kept (default: a new private "
       "directory)"},
      {"port", "port", "TCP port on loopback (default: any free one)"},
      {"once", "", "Exit after the first turn"},
      {"yes", "", "Grant what the agent asks leave for, without asking"},
    },
    examples};
  return set;
}

// The first problem with a path flag, empty: none.
std::string take_path(const option_values& values, const char* name,
                      std::optional<std::string>& target) {
  const auto* path = find(values, name);
  if (path == nullptr)
    return {};
  if (path->empty())
    return "--" + std::string{name} + " cannot be empty";
  std::error_code problem;
  target = std::filesystem::absolute(*path, problem).string();
  return problem ? "--" + std::string{name} + ": " + problem.message() : "";
}

std::string take(const option_values& values, local_options& result) {
  result.prompt = *find(values, "prompt");
  if (result.prompt.find_first_not_of(" \t\r\n") == std::string::npos)
    return "--prompt cannot be empty";
  if (const auto* line = find(values, "agent")) {
    auto words = split_shell_words(*line, "--agent");
    if (!words)
      return describe(words.error());
    result.agent_command = std::move(*words);
  }
  if (const auto* port = find(values, "port")) {
    const auto number = parse_port(*port);
    if (!number)
      return port_problem(*port);
    result.port = *number;
  }
  if (auto text = take_path(values, "repositoryPath", result.repository_path);
      !text.empty())
    return text;
  if (auto text = take_path(values, "state", result.state); !text.empty())
    return text;
  result.once = values.count("once") != 0;
  result.yes = values.count("yes") != 0;
  return {};
}

} // namespace

std::variant<local_options, early_exit>
read_local_options(int argc, const char* const* argv) {
  auto parsed = parse_options(options(), argc, argv, 2);
  if (auto* exit = std::get_if<early_exit>(&parsed))
    return std::move(*exit);
  local_options result;
  auto problem = take(std::get<option_values>(parsed), result);
  if (!problem.empty())
    return refuse(std::move(problem));
  return result;
}

} // namespace agent_server
