#include "actors/agent/launch.hpp"
#include "actors/trace/recorder.hpp"
#include "cli/agent_server.hpp"
#include "cli/demo_agent.hpp"
#include "cli/flags.hpp"
#include "cli/initial_environment.hpp"
#include "cli/local_mode.hpp"
#include "cli/local_options.hpp"
#include "messages/identity.hpp"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <variant>

namespace {

using namespace agent_server;

int leave(const early_exit& instead) {
  std::fputs(instead.out.c_str(), stdout);
  std::fputs(instead.err.c_str(), stderr);
  return instead.status;
}

int run(int argc, char** argv) {
  // A signal that comes before the loop can take it is taken by the loop.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  sigprocmask(SIG_BLOCK, &ending, nullptr);
  const process_start start{argc, argv, estimate_exec_time()};
  const auto began = trace::begin_span("process start", start.exec_at);
  const auto variables = take_initial_environment();
  trace::scope scope{trace::end_span(began)};
  const auto boot_id = random_uuid();
  std::optional<local_options> local;
  std::variant<server_config, early_exit> config;
  if (argc > 1 && std::strcmp(argv[1], "local") == 0) {
    auto options = read_local_options(argc, argv);
    if (const auto* instead = std::get_if<early_exit>(&options))
      return leave(*instead);
    local = std::get<local_options>(std::move(options));
    config = make_local_config(*local, variables, boot_id);
  } else {
    config = read_flags(argc, argv, variables);
    hide_argument(argc, argv, "--mcpServers");
  }
  if (const auto* instead = std::get_if<early_exit>(&config))
    return leave(*instead);
  run_agent_server(std::get<server_config>(config), start, boot_id, local);
}

} // namespace

int main(int argc, char** argv) {
  if (argc > 0 && std::strcmp(argv[0], demonstration_name) == 0)
    return run_demo_agent();
  return run(argc, argv);
}
