#include "actors/io/program.hpp"

#include <catch2/catch.hpp>
#include <thread>
#include <unistd.h>

using namespace agent_server;
using outcome = program_result::outcome;

namespace {

program_call shell(const std::string& script) {
  program_call call;
  call.program = "/bin/sh";
  call.arguments = {"sh", "-c", script};
  call.environment = {"PATH=/usr/bin:/bin", "WORD=hello"};
  call.directory = "/";
  return call;
}

} // namespace

TEST_CASE("a program reads its input and gives output, errors and status",
          "[program]") {
  auto call = shell("cat; echo $WORD; pwd; echo bad >&2; exit 3");
  call.input = "in ";
  const auto result = run_program(call);
  CHECK(result.how == outcome::ended);
  CHECK(result.status == 3);
  CHECK(result.output == "in hello\n/\n");
  CHECK(result.error_output == "bad\n");
  CHECK_FALSE(result.ok());
}

TEST_CASE("input that is not read, and more than a pipe holds, harm nobody",
          "[program]") {
  auto call = shell("exit 0");
  call.input.assign(1u << 20, 'x');
  CHECK(run_program(call).ok());
  call = shell("cat");
  call.input.assign(1u << 20, 'x');
  CHECK(run_program(call).output == call.input);
}

TEST_CASE("a program that is too slow is killed with what it started",
          "[program]") {
  const auto left = "/tmp/program-test-" + std::to_string(getpid());
  auto call = shell("(sleep 0.5; touch " + left + ") & sleep 4321");
  call.limit = std::chrono::milliseconds{100};
  CHECK(run_program(call).how == outcome::too_slow);
  std::this_thread::sleep_for(std::chrono::milliseconds{700});
  CHECK(access(left.c_str(), F_OK) != 0);
}

TEST_CASE("a program that prints without end is killed", "[program]") {
  auto call = shell("cat /dev/zero");
  call.max_output = 1u << 20;
  const auto result = run_program(call);
  CHECK(result.how == outcome::too_much);
  CHECK(result.output.size() <= call.max_output);
}

TEST_CASE("a process left behind that holds the pipes is not waited for",
          "[program]") {
  const auto result = run_program(shell("sleep 3 & echo done"));
  CHECK(result.ok());
  CHECK(result.output == "done\n");
}

TEST_CASE("a program that is not there is named", "[program]") {
  program_call call;
  call.program = "/no/such/program";
  call.arguments = {"x"};
  const auto result = run_program(call);
  CHECK(result.how == outcome::not_started);
  CHECK(result.error_output
        == "cannot start /no/such/program: No such file or directory");
}
