#include "cli/local_options.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

using namespace agent_server;

namespace {

std::variant<local_options, early_exit> read(std::vector<std::string> words) {
  std::vector<const char*> argv{"agent-server", "local"};
  for (const auto& word : words)
    argv.push_back(word.c_str());
  return read_local_options(static_cast<int>(argv.size()), argv.data());
}

std::string refusal(std::vector<std::string> words) {
  const auto result = read(std::move(words));
  const auto* exit = std::get_if<early_exit>(&result);
  REQUIRE(exit != nullptr);
  CHECK(exit->status == 1);
  return exit->err;
}

} // namespace

TEST_CASE("local mode needs a prompt only") {
  const auto options = std::get<local_options>(read({"--prompt", "hello"}));
  CHECK(options.prompt == "hello");
  CHECK(options.agent_command.empty());
  CHECK_FALSE(options.repository_path);
  CHECK_FALSE(options.state);
  CHECK(options.port == 0);
  CHECK_FALSE(options.once);
  CHECK_FALSE(options.yes);
}

TEST_CASE("every flag of local mode is read, and paths become absolute") {
  const auto options = std::get<local_options>(
    read({"--prompt=-x", "--agent", "npx -y 'an agent'", "--repositoryPath",
          "repo", "--state", "/state", "--port", "9", "--once", "--yes"}));
  CHECK(options.prompt == "-x");
  CHECK(options.agent_command
        == std::vector<std::string>{"npx", "-y", "an agent"});
  CHECK(options.repository_path
        == (std::filesystem::current_path() / "repo").string());
  CHECK(options.state == "/state");
  CHECK(options.port == 9);
  CHECK(options.once);
  CHECK(options.yes);
}

TEST_CASE("local mode refuses with the same texts as the server") {
  CHECK(refusal({})
        == "error: required option '--prompt <text>' not "
           "specified\n");
  CHECK(refusal({"--prompt"})
        == "error: option '--prompt <text>' argument missing\n");
  CHECK(refusal({"--prompt", "p", "--taskId", "t"})
        == "error: unknown option '--taskId'\n");
  CHECK(refusal({"--prompt", "p", "more", "words"})
        == "error: too many arguments. Expected 0 arguments but got 2.\n");
  CHECK(refusal({"--prompt", "p", "--once=maybe"})
        == "error: unknown option '--once=maybe'\n");
  CHECK(refusal({"--prompt", " \n"}) == "--prompt cannot be empty\n");
  CHECK(refusal({"--prompt", "p", "--agent", "\"x"})
        == "--agent has a \" that is never closed\n");
  CHECK(refusal({"--prompt", "p", "--state", ""})
        == "--state cannot be empty\n");
  CHECK_THAT(refusal({"--prompt", "p", "--port", "x"}),
             Catch::Contains("'--port <port>' argument 'x' is invalid"));
}

TEST_CASE("local mode has help of its own") {
  const auto result = read({"-h"});
  const auto& exit = std::get<early_exit>(result);
  CHECK(exit.status == 0);
  for (const auto* part :
       {"agent-server local", "--prompt", "--agent", "--repositoryPath",
        "--state", "--port", "--once", "--yes", "scripted demonstration"})
    CHECK_THAT(exit.out, Catch::Contains(part));
}
