#include "cli/initial_environment.hpp"

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace agent_server;

namespace {

constexpr auto marker = "INITIAL_ENVIRONMENT_TEST_CHILD";

// The test program again, with an environment of our own: it takes it before
// `main` and tells what is left of it.
[[maybe_unused]] const bool told = [] {
  if (std::getenv(marker) == nullptr)
    return false;
  for (const auto& [name, value] : take_initial_environment())
    std::cout << "copied " << name << "=" << value << '\n';
  std::ifstream file{"/proc/self/environ"};
  std::string entry;
  while (std::getline(file, entry, '\0'))
    std::cout << "shown " << entry << '\n';
  for (auto at = environ; *at != nullptr; ++at)
    std::cout << "left " << *at << '\n';
  std::cout << std::flush;
  _exit(0);
}();

std::string output_of_child(std::vector<std::string> variables) {
  variables.push_back(std::string{marker} + "=1");
  std::vector<char*> envp;
  for (auto& variable : variables)
    envp.push_back(variable.data());
  envp.push_back(nullptr);
  std::string name = "child";
  char* argv[] = {name.data(), nullptr};
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const auto child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execve("/proc/self/exe", argv, envp.data());
    _exit(127);
  }
  close(ends[1]);
  std::string text;
  char bytes[4096];
  for (ssize_t count; (count = read(ends[0], bytes, sizeof bytes)) > 0;)
    text.append(bytes, static_cast<std::size_t>(count));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
  return text;
}

} // namespace

TEST_CASE("secrets are copied, then gone from the process's environment") {
  const auto text =
    output_of_child({"POSTHOG_PERSONAL_API_KEY=phx_secret", "PATH=/usr/bin",
                     "GH_TOKEN=ghs_1", "EMPTY_TOKEN=", "JWT_PUBLIC_KEY=pem=="});
  using Catch::Contains;
  CHECK_THAT(text, Contains("copied POSTHOG_PERSONAL_API_KEY=phx_secret\n"));
  CHECK_THAT(text, Contains("copied GH_TOKEN=ghs_1\n"));
  CHECK_THAT(text, Contains("copied EMPTY_TOKEN=\n"));
  CHECK_THAT(text, Contains("copied JWT_PUBLIC_KEY=pem==\n"));
  CHECK_THAT(text, Contains("shown POSTHOG_PERSONAL_API_KEY=xxxxxxxxxx\n"));
  CHECK_THAT(text, Contains("shown GH_TOKEN=xxxxx\n"));
  CHECK_THAT(text, Contains("shown JWT_PUBLIC_KEY=xxxxx\n"));
  CHECK_THAT(text, Contains("left PATH=/usr/bin\n"));
  CHECK_THAT(text, Contains("left JWT_PUBLIC_KEY=pem==\n"));
  CHECK_THAT(text, !Contains("left POSTHOG_PERSONAL_API_KEY"));
  CHECK_THAT(text, !Contains("left GH_TOKEN"));
  CHECK_THAT(text, !Contains("left EMPTY_TOKEN"));
}

TEST_CASE("a variable that is set twice is hidden twice") {
  const auto text = output_of_child({"GH_TOKEN=first", "GH_TOKEN=other"});
  CHECK_THAT(text, !Catch::Contains("shown GH_TOKEN=first"));
  CHECK_THAT(text, !Catch::Contains("shown GH_TOKEN=other"));
  CHECK_THAT(text, !Catch::Contains("left GH_TOKEN"));
}

TEST_CASE("secret variables are known by their names") {
  for (const auto* name :
       {"POSTHOG_PERSONAL_API_KEY", "GITHUB_TOKEN", "aws_secret_access_key",
        "DB_PASSWORD", "SSH_PRIVATE_KEY", "GOOGLE_APPLICATION_CREDENTIALS",
        "POSTHOG_AUTH_HEADER"})
    CHECK(is_secret_variable(name));
  for (const auto* name :
       {"JWT_PUBLIC_KEY", "PATH", "HOME", "POSTHOG_API_URL", "SSH_AUTH_SOCK"})
    CHECK_FALSE(is_secret_variable(name));
}

TEST_CASE("passwords in URLs are secrets of their variables") {
  using list = std::vector<std::string>;
  CHECK(secrets_of_variable("HTTPS_PROXY", "http://u:pw@p:1") == list{"pw"});
  CHECK(secrets_of_variable("https_proxy", "u:pw@p:1") == list{"pw"});
  CHECK(secrets_of_variable("GOPROXY", "https://a,https://u:p2@b")
        == list{"p2"});
  CHECK(secrets_of_variable("GH_TOKEN", "t:1@x") == list{"t:1@x"});
  CHECK(secrets_of_variable("MAIL", "me@example.org").empty());
  CHECK(secrets_of_variable("URL", "https://example.org/a@b").empty());
}
