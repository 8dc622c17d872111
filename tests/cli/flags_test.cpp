#include "cli/flags.hpp"

#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>
#include <vector>

using namespace agent_server;

namespace {

environment sandbox() {
  return {{"JWT_PUBLIC_KEY", "-----BEGIN PUBLIC KEY-----"},
          {"POSTHOG_API_URL", "https://us.posthog.com"},
          {"POSTHOG_PERSONAL_API_KEY", "phx_1"},
          {"POSTHOG_PROJECT_ID", "42"}};
}

std::variant<server_config, early_exit>
read(std::vector<std::string> words, const environment& env = sandbox()) {
  std::vector<const char*> argv{"agent-server"};
  for (const auto& word : words)
    argv.push_back(word.c_str());
  return read_flags(static_cast<int>(argv.size()), argv.data(), env);
}

std::vector<std::string> with_ids(std::initializer_list<const char*> more) {
  std::vector<std::string> words{"--taskId", "t1", "--runId", "r1"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

server_config accepted(std::initializer_list<const char*> more,
                       const environment& env = sandbox()) {
  auto result = read(with_ids(more), env);
  if (const auto* exit = std::get_if<early_exit>(&result))
    FAIL(exit->err);
  return std::get<server_config>(std::move(result));
}

std::string refusal(const std::vector<std::string>& words,
                    const environment& env = sandbox()) {
  const auto result = read(words, env);
  const auto* exit = std::get_if<early_exit>(&result);
  REQUIRE(exit != nullptr);
  CHECK(exit->status == 1);
  CHECK(exit->out.empty());
  return exit->err;
}

} // namespace

TEST_CASE("defaults hold where no flag is given") {
  const auto config = accepted({});
  CHECK(config.control_plane.task_id == "t1");
  CHECK(config.control_plane.run_id == "r1");
  CHECK(config.port == 3001);
  CHECK_FALSE(config.host);
  CHECK_FALSE(config.background);
  CHECK_FALSE(config.repository_path);
  CHECK_FALSE(config.repo_ready_file);
  CHECK_FALSE(config.create_pr);
  CHECK(config.agent_command.empty());
  CHECK(config.mcp_servers.empty());
  CHECK(config.working_directory() == "/tmp/workspace");
  CHECK(config.state_directory.substr(0, 18) == "/tmp/agent-server-");
}

TEST_CASE("every flag reaches the configuration") {
  const auto config = accepted(
    {"--port", "8080", "--host", "127.0.0.1", "--mode", "background",
     "--repositoryPath", "/repo", "--repoReadyFile", "/ready", "--agentCmd",
     "agent 'two words'", "--createPr", "false", "--baseBranch", "main",
     "--allowedDomains", " a.example , ,b.example"});
  CHECK(config.port == 8080);
  CHECK(config.host == "127.0.0.1");
  CHECK(config.background);
  CHECK(config.repository_path == "/repo");
  CHECK(config.repo_ready_file == "/ready");
  CHECK(config.agent_command == std::vector<std::string>{"agent", "two words"});
  CHECK(config.create_pr == false);
  CHECK(config.base_branch == "main");
  CHECK(config.allowed_domains
        == std::vector<std::string>{"a.example", "b.example"});
}

TEST_CASE("a value may follow an equals sign") {
  const auto config = accepted({"--port=8081", "--baseBranch=a=b"});
  CHECK(config.port == 8081);
  CHECK(config.base_branch == "a=b");
}

TEST_CASE("a value may begin with a dash, and be another flag's name") {
  CHECK(accepted({"--baseBranch", "-x"}).base_branch == "-x");
  CHECK(accepted({"--baseBranch", "--port"}).base_branch == "--port");
  CHECK(accepted({"--baseBranch", "--"}).base_branch == "--");
  CHECK(accepted({"--baseBranch", "-h"}).base_branch == "-h");
}

TEST_CASE("the last of a repeated flag wins") {
  CHECK(accepted({"--port", "1", "--port=2"}).port == 2);
  CHECK(accepted({"--runId", "r2"}).control_plane.run_id == "r2");
}

TEST_CASE("a mode other than background is interactive") {
  CHECK_FALSE(accepted({"--mode", "Background"}).background);
}

TEST_CASE("an empty list of MCP servers is no list") {
  CHECK(accepted({"--mcpServers", ""}).mcp_servers.empty());
}

TEST_CASE("an unknown option is refused by its whole word") {
  CHECK(refusal(with_ids({"--bogus"})) == "error: unknown option '--bogus'\n");
  CHECK(refusal(with_ids({"--bogus=1"}))
        == "error: unknown option '--bogus=1'\n");
  CHECK(refusal(with_ids({"-x"})) == "error: unknown option '-x'\n");
  CHECK(refusal(with_ids({"-port", "1"})) == "error: unknown option '-port'\n");
  CHECK(refusal(with_ids({"--x"})) == "error: unknown option '--x'\n");
  CHECK(refusal(with_ids({"--a.b"})) == "error: unknown option '--a.b'\n");
  CHECK(refusal(with_ids({"--version=no"}))
        == "error: unknown option '--version=no'\n");
}

TEST_CASE("a name cannot be abbreviated and its case counts") {
  CHECK(refusal(with_ids({"--por", "1"})) == "error: unknown option '--por'\n");
  CHECK(refusal(with_ids({"--Port", "1"}))
        == "error: unknown option '--Port'\n");
}

TEST_CASE("an option that is required must be there") {
  CHECK(refusal({"--runId", "r"})
        == "error: required option '--taskId <id>' not specified\n");
  CHECK(refusal({"--taskId", "t"})
        == "error: required option '--runId <id>' not specified\n");
}

TEST_CASE("a missing option is told before an unknown one") {
  CHECK(refusal({"--bogus"})
        == "error: required option '--taskId <id>' not specified\n");
}

TEST_CASE("an option at the end needs its argument") {
  CHECK(refusal({"--taskId", "t", "--runId"})
        == "error: option '--runId <id>' argument missing\n");
}

TEST_CASE("operands are counted and refused") {
  CHECK(refusal(with_ids({"extra"}))
        == "error: too many arguments. Expected 0 arguments but got 1.\n");
  CHECK(refusal(with_ids({"local", "-"}))
        == "error: too many arguments. Expected 0 arguments but got 2.\n");
  CHECK(refusal(with_ids({"--", "--bogus"}))
        == "error: too many arguments. Expected 0 arguments but got 1.\n");
}

TEST_CASE("subcommands that are not built are unknown") {
  CHECK(refusal({"trace"}) == "error: unknown command 'trace'\n");
  CHECK(refusal({"doctor", "--help"}) == "error: unknown command 'doctor'\n");
}

TEST_CASE("a port must be one") {
  CHECK(accepted({"--port", "0"}).port == 0);
  CHECK(accepted({"--port", "65535"}).port == 65535);
  for (const auto* port : {"65536", "-1", "80a", "", " 80"})
    CHECK(refusal(with_ids({"--port", port}))
          == "error: option '--port <port>' argument '" + std::string{port}
               + "' is invalid. It must be a number from 0 to 65535.\n");
}

TEST_CASE("createPr takes true and false only") {
  CHECK(accepted({"--createPr", "true"}).create_pr == true);
  for (const auto* value : {"", "yes", "TRUE"})
    CHECK(refusal(with_ids({"--createPr", value}))
          == "--createPr must be either \"true\" or \"false\"\n");
}

TEST_CASE("bad JSON is refused by its flag's name") {
  CHECK(refusal(with_ids({"--mcpServers", "{"}))
        == "--mcpServers must be valid JSON\n");
  CHECK(refusal(with_ids({"--claudeCodeConfig", "{"}))
        == "--claudeCodeConfig must be valid JSON\n");
}

TEST_CASE("an MCP server without a name is refused by its path") {
  const auto text = refusal(with_ids(
    {"--mcpServers", R"([{"type":"http","name":"","url":"http://h/"}])"}));
  CHECK(text
        == "--mcpServers validation failed:\n"
           "  - 0.name: MCP server name is required\n");
}

TEST_CASE("an empty task or run is refused") {
  CHECK(refusal({"--taskId", "", "--runId", "r"})
        == "--taskId cannot be empty\n");
  CHECK(refusal({"--taskId", "t", "--runId="}) == "--runId cannot be empty\n");
}

TEST_CASE("an agent command that is not closed names the flag") {
  CHECK(refusal(with_ids({"--agentCmd", "a 'b"}))
        == "--agentCmd has a ' that is never closed\n");
  CHECK(refusal(with_ids({"--agentCmd", "  "}))
        == "--agentCmd names no command\n");
}

TEST_CASE("the agent command of the flag wins over the variable's") {
  auto env = sandbox();
  env.emplace_back("AGENT_SERVER_AGENT_CMD", "from variable");
  CHECK(accepted({}, env).agent_command.front() == "from");
  CHECK(accepted({"--agentCmd", "flag"}, env).agent_command.front() == "flag");
}

TEST_CASE("an environment that is not valid is refused") {
  auto env = sandbox();
  env.erase(env.begin());
  CHECK(refusal(with_ids({}), env)
        == "Environment validation failed:\n  - JWT_PUBLIC_KEY is required for "
           "authenticating client connections\n");
}

TEST_CASE("an effort that does not go with the model is refused") {
  auto env = sandbox();
  env.emplace_back("POSTHOG_CODE_RUNTIME_ADAPTER", "codex");
  env.emplace_back("POSTHOG_CODE_MODEL", "gpt-5.4");
  env.emplace_back("POSTHOG_CODE_REASONING_EFFORT", "max");
  CHECK(refusal(with_ids({}), env)
        == "POSTHOG_CODE_REASONING_EFFORT 'max' is not supported for codex "
           "model 'gpt-5.4'.\n");
}

TEST_CASE("help needs nothing else and goes to stdout") {
  for (const auto* word : {"-h", "--help"}) {
    const auto result = read({"--bogus", word}, {});
    const auto& exit = std::get<early_exit>(result);
    CHECK(exit.status == 0);
    CHECK(exit.err.empty());
    for (const auto* part : {"--port",
                             "--host",
                             "--mode",
                             "--repositoryPath",
                             "--repoReadyFile",
                             "--taskId",
                             "--runId",
                             "--agentCmd",
                             "--mcpServers",
                             "--createPr",
                             "--baseBranch",
                             "--claudeCodeConfig",
                             "--allowedDomains",
                             "--version",
                             "--help",
                             "JWT_PUBLIC_KEY",
                             "POSTHOG_API_URL",
                             "LLM_GATEWAY_URL",
                             "AGENT_SERVER_SESSION_CREATE_DEADLINE_MS",
                             "local --help"})
      CHECK_THAT(exit.out, Catch::Contains(part));
  }
}

TEST_CASE("the version is told") {
  const auto result = read({"--version"}, {});
  CHECK(std::get<early_exit>(result).status == 0);
  CHECK(std::get<early_exit>(result).out
        == "agent-server " AGENT_SERVER_VERSION "\n");
}
