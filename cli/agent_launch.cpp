#include "cli/agent_launch.hpp"

#include "actors/io/private_file.hpp"
#include "actors/trace/recorder.hpp"
#include "messages/identity.hpp"
#include "messages/wire/claude/mcp_config.hpp"

namespace agent_server {

namespace {

caf::error write_mcp_config(const server_config& config,
                            const claude::cli_session& session) {
  if (config.mcp_servers.empty())
    return {};
  return write_private_file(claude::mcp_config_path(config, session),
                            claude::mcp_config(config.mcp_servers));
}

} // namespace

agent_launch launch_agent(const server_config& config,
                          const std::string& boot_id) {
  agent_launch launch;
  launch.mark = "ACP_PROCESS_MARK=" + boot_id;
  launch.first.span = trace::begin_span("agent: initialize");
  const auto program = find_agent(config);
  if (!program) {
    launch.first.problem = program.error();
    return launch;
  }
  launch.program = *program;
  launch.guess.session.id = random_uuid();
  if (drives_claude(config)) {
    launch.first.problem = write_mcp_config(config, launch.guess.session);
    // The CLI reads the repository as it starts.
    if (launch.first.problem || repository_comes_later(config))
      return launch;
  }
  const auto plan =
    make_launch_plan(config, *program, launch.guess, launch.mark);
  const auto span = trace::begin_span("spawn agent");
  const auto child = spawn_child(plan);
  trace::end_span(span, child ? trace::outcome::ok : trace::outcome::error);
  if (child)
    launch.child = *child;
  else
    launch.first.problem = child.error();
  return launch;
}

} // namespace agent_server
