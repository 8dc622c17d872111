#include "cli/local_mode.hpp"

#include "cli/state_directory.hpp"
#include "cli/waterfall.hpp"

#include <fcntl.h>
#include <filesystem>
#include <sys/ioctl.h>
#include <unistd.h>

namespace agent_server {

namespace {

constexpr unsigned default_columns = 100;

// A command line that runs this very program under another name.
const std::vector<std::string> demonstration{"/proc/self/exe"};

unsigned terminal_columns() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return default_columns;
}

} // namespace

std::variant<server_config, early_exit>
make_local_config(const local_options& options, const environment& variables,
                  const std::string& boot_id) {
  server_config config;
  const auto problems = read_optional_variables(variables, config);
  if (!problems.empty())
    return refuse(render_problems(problems));
  config.host = "127.0.0.1";
  config.port = options.port;
  config.repository_path =
    options.repository_path.value_or(std::filesystem::current_path().string());
  config.control_plane = {};
  config.control_plane.task_id = "local";
  config.control_plane.run_id = boot_id;
  config.gateway_url.reset();
  config.resume_run_id.reset();
  config.agent_command =
    options.agent_command.empty() ? demonstration : options.agent_command;
  config.runs_demonstration = options.agent_command.empty();
  if (options.state) {
    config.state_directory = *options.state;
  } else {
    config.state_directory = choose_local_state_directory(
      variables, boot_id, config.working_directory());
    config.state_may_lie_in_repository =
      find_non_empty(variables, "POSTHOG_AGENT_STATE_DIR") == nullptr;
  }
  return config;
}

std::string local_welcome(const server_config& config, std::uint16_t port,
                          const secret& access_token) {
  const auto base = "http://127.0.0.1:" + std::to_string(port);
  std::string text = "agent-server " AGENT_SERVER_VERSION ", local mode\n";
  text += "  agent    ";
  text += config.runs_demonstration
            ? "scripted demonstration (no model); run a real one with --agent"
            : config.agent_command.front();
  text += "\n  works in " + config.working_directory();
  text += "\n  keeps    " + config.state_directory;
  text += "\n  health   curl " + base + "/health";
  text += "\n  events   curl -N -H 'Authorization: Bearer "
          + access_token.reveal() + "' " + base + "/events";
  text += "\n  boot     curl -H 'Authorization: Bearer " + access_token.reveal()
          + "' " + base + "/boot";
  text += "\n  The token is good for this run only.";
  return text;
}

std::string local_boot_summary(const health_snapshot& health,
                               const boot_report& report) {
  if (health.state == readiness::failed)
    return "The boot failed (" + to_string(health.failure_class)
           + "): " + health.failure;
  return waterfall(report, terminal_columns(), isatty(STDOUT_FILENO) == 1);
}

int open_local_log(const server_config& config) {
  const auto path = config.state_directory + "/agent-server.log";
  return open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

} // namespace agent_server
