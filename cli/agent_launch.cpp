#include "cli/agent_launch.hpp"

#include "actors/agent/launch.hpp"
#include "actors/trace/recorder.hpp"

namespace agent_server {

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
  const auto plan = make_launch_plan(config, *program, {}, launch.mark);
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
