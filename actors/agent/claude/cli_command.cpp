#include "actors/agent/claude/cli_command.hpp"

#include "actors/agent/environment.hpp"
#include "messages/error.hpp"
#include "messages/model_table.hpp"
#include "messages/wire/model_catalog.hpp"

#include <array>
#include <string_view>
#include <unistd.h>

namespace agent_server::claude {

namespace {

#if defined(__aarch64__)
constexpr std::array platform_packages{"claude-code-linux-arm64",
                                       "claude-code-linux-arm64-musl"};
#else
constexpr std::array platform_packages{"claude-code-linux-x64",
                                       "claude-code-linux-x64-musl"};
#endif

// Overridable by whoever starts the server. Measured: without the traffic that
// no session needs the CLI starts 0.1 to 0.35 s earlier.
constexpr std::array<std::pair<const char*, const char*>, 7> cli_defaults{{
  {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"},
  {"CLAUDE_CODE_ENTRYPOINT", "sdk-ts"},
  {"CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS", "1"},
  {"CLAUDE_CODE_ENABLE_ASK_USER_QUESTION_TOOL", "true"},
  {"CLAUDE_CODE_ENABLE_TASKS", "0"},
  {"ENABLE_TOOL_SEARCH", "auto:0"},
  {"MCP_CONNECTION_NONBLOCKING", "1"},
}};

constexpr const char* long_context_beta = "context-1m-2025-08-07";

bool is_script(std::string_view path) {
  for (const std::string_view suffix : {".js", ".mjs", ".cjs"})
    if (path.size() > suffix.size()
        && path.substr(path.size() - suffix.size()) == suffix)
      return true;
  return false;
}

// Where npm puts a package: beside the programs on PATH, in the usual global
// places, and in the directory one works in.
std::vector<std::string> module_directories(const server_config& config) {
  const auto& env = config.inherited_environment;
  std::vector<std::string> found;
  const auto path = lookup(env, "PATH");
  for (std::size_t begin = 0; begin < path.size();) {
    const auto end = std::min(path.find(':', begin), path.size());
    const auto directory = path.substr(begin, end - begin);
    if (directory.size() > 4
        && directory.substr(directory.size() - 4) == "/bin")
      found.push_back(std::string{directory.substr(0, directory.size() - 4)}
                      + "/lib/node_modules");
    begin = end + 1;
  }
  found.emplace_back("/usr/local/lib/node_modules");
  found.emplace_back("/usr/lib/node_modules");
  if (const auto home = lookup(env, "HOME"); !home.empty()) {
    found.push_back(std::string{home} + "/.npm-global/lib/node_modules");
    found.push_back(std::string{home} + "/.claude/local/node_modules");
    found.push_back(std::string{home} + "/node_modules");
  }
  found.push_back(config.working_directory() + "/node_modules");
  return found;
}

std::string packaged_cli(const server_config& config) {
  for (const auto& modules : module_directories(config)) {
    const auto scope = modules + "/@anthropic-ai/";
    for (const auto* package : platform_packages)
      for (const auto& at :
           {scope + package,
            scope + "claude-code/node_modules/@anthropic-ai/" + package,
            scope + "claude-agent-sdk/node_modules/@anthropic-ai/" + package})
        if (is_executable(at + "/claude"))
          return at + "/claude";
    auto script = scope + "claude-code/cli.js";
    if (::access(script.c_str(), R_OK) == 0)
      return script;
  }
  return {};
}

std::string node_of(const server_config& config) {
  const auto path = lookup(config.inherited_environment, "PATH");
  return search_path(path, "node").value_or("");
}

caf::expected<std::string> runnable(const server_config& config,
                                    std::string cli) {
  if (is_script(cli) && node_of(config).empty())
    return make_failure(ec::agent_not_found,
                        cli + " needs node, which is not on PATH");
  return cli;
}

bool may_skip_permissions(const server_config& config) {
  return ::geteuid() != 0
         || !lookup(config.inherited_environment, "IS_SANDBOX").empty();
}

variables cli_environment(const server_config& config,
                          const std::string& gateway) {
  auto env = agent_environment(config, gateway);
  // Both change how a node program starts, and are meant for another.
  remove(env, "NODE_OPTIONS");
  remove(env, "DEBUG");
  for (const auto& [name, value] : cli_defaults)
    set_default(env, name, value);
  return env;
}

} // namespace

caf::expected<std::string> find_cli(const server_config& config) {
  const auto& env = config.inherited_environment;
  if (const std::string given{lookup(env, "CLAUDE_CODE_EXECUTABLE")};
      !given.empty() && config.agent_command.empty()) {
    const bool found = is_script(given) ? ::access(given.c_str(), R_OK) == 0
                                        : is_executable(given);
    if (found)
      return runnable(config, given);
    return make_failure(ec::agent_not_found,
                        "CLAUDE_CODE_EXECUTABLE: " + given
                          + " is not there or cannot be executed; give the "
                            "path of the claude program or of its cli.js");
  }
  if (!config.agent_command.empty()
      && config.agent_command.front().find('/') != std::string::npos)
    return config.agent_command.front(); // the spawn says what is wrong with it
  if (auto found = search_path(lookup(env, "PATH"), "claude"))
    return *found;
  if (auto found = packaged_cli(config); !found.empty())
    return runnable(config, std::move(found));
  return make_failure(ec::agent_not_found,
                      "claude is not on PATH; install it with: npm install -g "
                      "@anthropic-ai/claude-code (or name it in "
                      "CLAUDE_CODE_EXECUTABLE, or another agent with "
                      "--agentCmd)");
}

std::string mcp_config_path(const server_config& config,
                            const cli_session& session) {
  return config.state_directory + "/mcp-" + session.id + ".json";
}

std::string launched_model(const server_config& config,
                           const cli_session& session) {
  if (!session.model.empty())
    return session.model;
  return initial_claude_model({}, config.model.value_or(""), nullptr);
}

launch_plan make_cli_plan(const server_config& config, const std::string& cli,
                          const std::string& gateway,
                          const cli_session& session, const std::string& mark) {
  launch_plan plan;
  plan.program = cli;
  auto& arguments = plan.arguments;
  arguments = {"claude"};
  if (is_script(cli)) {
    plan.program = node_of(config);
    arguments = {"node", cli};
  }
  for (const auto* fixed :
       {"--output-format=stream-json", "--verbose",
        "--input-format=stream-json", "--permission-prompt-tool=stdio",
        "--include-partial-messages", "--replay-user-messages",
        "--setting-sources=user,project,local"})
    arguments.emplace_back(fixed);
  if (may_skip_permissions(config))
    arguments.emplace_back("--allow-dangerously-skip-permissions");
  const auto model = launched_model(config, session);
  // Without our gateway the CLI's own choice of model is the better one.
  if (!gateway.empty() || config.model || !session.model.empty())
    arguments.push_back("--model=" + model);
  // For every model: it may be changed to one that has the longer context.
  arguments.push_back(std::string{"--betas="} + long_context_beta);
  if (config.effort)
    arguments.push_back("--effort=" + *config.effort);
  arguments.push_back((session.resumes ? "--resume=" : "--session-id=")
                      + session.id);
  for (const auto& plugin : config.claude_code.plugins)
    arguments.push_back("--plugin-dir=" + plugin);
  if (!config.mcp_servers.empty() && takes_mcp_servers(model))
    arguments.push_back("--mcp-config=" + mcp_config_path(config, session));
  plan.environment = to_entries(cli_environment(config, gateway), mark);
  plan.mark = mark;
  plan.directory = config.working_directory();
  return plan;
}

} // namespace agent_server::claude
