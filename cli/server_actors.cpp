#include "cli/server_actors.hpp"

#include "actors/agent/claude/session.hpp"
#include "actors/attachments.hpp"
#include "actors/control_plane.hpp"
#include "actors/disk.hpp"
#include "actors/event_spool.hpp"
#include "actors/git/repository.hpp"
#include "actors/health.hpp"
#include "actors/io/child_process.hpp"
#include "actors/io/event_log.hpp"
#include "actors/io/file_watch.hpp"
#include "actors/io/lifecycle.hpp"
#include "actors/io/outbound.hpp"
#include "actors/io/terminal.hpp"
#include "actors/local_plane.hpp"
#include "actors/model_catalog.hpp"
#include "actors/permissions.hpp"
#include "actors/resume_log.hpp"
#include "actors/session_log.hpp"
#include "actors/task_fetch.hpp"
#include "actors/turn_relay.hpp"
#include "actors/workspace.hpp"
#include "cli/initial_environment.hpp"
#include "cli/settings_files.hpp"
#include "cli/state_directory.hpp"
#include "messages/identity.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <unistd.h>
#include <utility>

namespace agent_server {

namespace {

constexpr std::size_t actor_threads = 2;

// A shorter value of a secret variable would be found in innocent words.
constexpr std::size_t least_secret_size = 8;

/// The calls end a little before the phase that they serve, so that one that
/// hangs is that call's failure and not yet the boot's.
std::chrono::milliseconds call_limit(std::chrono::milliseconds phase) {
  return phase - std::min(std::chrono::milliseconds{500}, phase / 10);
}

/// What the agent could repeat and nobody else may see.
std::vector<secret> secrets_of(const server_config& config) {
  std::vector<secret> secrets{config.control_plane.api_key};
  for (const auto& server : config.mcp_servers)
    for (const auto& header : server.headers)
      secrets.push_back(header.second);
  for (const auto& [name, value] : config.inherited_environment)
    for (auto& each : secrets_of_variable(name, value))
      if (each.size() >= least_secret_size)
        secrets.emplace_back(std::move(each));
  return secrets;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0)
    return "unknown";
  return name.data();
}

} // namespace

health_snapshot initial_health(const server_config& config,
                               const process_start& start,
                               const std::string& boot_id) {
  using namespace std::chrono;
  health_snapshot initial;
  initial.boot_id = boot_id;
  initial.exec_at = start.exec_at;
  if (config.launched_at_ms) {
    const auto exec =
      system_clock::now() - nanoseconds{trace::now() - start.exec_at};
    initial.launcher_to_process_ms =
      duration_cast<milliseconds>(exec.time_since_epoch()).count()
      - *config.launched_at_ms;
  }
  return initial;
}

server_actors::system_settings::system_settings() {
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", actor_threads);
}

server_actors::server_actors(actor_surroundings around)
  : around_(std::move(around)), unit_(system_, around_.loop->io()) {}

void server_actors::spawn_outside(int log_fd) {
  const auto& config = *around_.config;
  boot = std::make_shared<kept_boot>(around_.start.exec_at);
  disk = system_.spawn<caf::detached>(agent_server::disk, log_fd);
  log.emplace(disk);
  health =
    system_.spawn(agent_server::health, around_.published,
                  initial_health(config, around_.start, around_.boot_id));
  events =
    spawn_hosted(unit_, event_log, config.control_plane.run_id,
                 system_.spawn<caf::detached>(
                   event_spool, spool_directory(config), spool_limits{}, *log));
  outbound = spawn_hosted(
    unit_, agent_server::outbound, around_.libraries,
    std::string{"posthog/cloud.hog.dev; version: " AGENT_SERVER_VERSION});
  spawn_plane();
}

void server_actors::spawn_all(const agent_launch& launch, guard_link guard,
                              int log_fd) {
  const auto& config = *around_.config;
  spawn_outside(log_fd);
  lifecycle = spawn_hosted(unit_, agent_server::lifecycle, disk, events,
                           around_.close_edge, around_.exit);
  const auto process = spawn_hosted(unit_, child_process, launch.child,
                                    std::move(guard), launch.mark);
  session_peers peers;
  peers.task_fetch = system_.spawn(task_fetch, control_plane, *log);
  peers.control_plane = control_plane;
  peers.catalog =
    system_.spawn(model_catalog, outbound, config.control_plane.api_key, *log);
  peers.health = health;
  peers.event_log = events;
  peers.session_log = spawn_session_log();
  if (!around_.local)
    peers.turn_relay = system_.spawn(turn_relay, control_plane, *log);
  spawn_permissions(peers.session_log, peers.turn_relay);
  peers.permissions = permissions;
  peers.workspace = spawn_workspace(peers.session_log);
  peers.file_watch = spawn_hosted(unit_, file_watch);
  peers.disk = disk;
  peers.lifecycle = lifecycle;
  peers.resume_log =
    system_.spawn(agent_server::resume_log, control_plane, *log);
  peers.attachments =
    system_.spawn(attachments, control_plane, disk,
                  config.working_directory() + "/.posthog/attachments/"
                    + config.control_plane.run_id,
                  *log);
  peers.agent =
    spawn_agent(launch, {process, events, peers.session_log, permissions});
  session = system_.spawn(agent_server::session, std::move(peers),
                          make_setup(launch), *log);
  caf::anon_send(lifecycle, session);
  if (around_.local)
    conversation = system_.spawn(local_conversation, session, terminal,
                                 lifecycle, around_.local->once);
}

void server_actors::spawn_plane() {
  const auto& config = *around_.config;
  if (!around_.local) {
    control_plane =
      system_.spawn(agent_server::control_plane, config.control_plane, outbound,
                    health, *log, call_limit(config.limits.context_fetch));
    return;
  }
  terminal_options options;
  options.yes = around_.local->yes;
  terminal = spawn_hosted(unit_, agent_server::terminal, options);
  caf::anon_send(events, journal_tap_actor{terminal});
  control_plane = system_.spawn<caf::detached>(
    local_plane, config.state_directory, around_.local->prompt);
}

session_log_actor server_actors::spawn_session_log() {
  const auto& config = *around_.config;
  session_log_settings settings;
  // The local plane keeps its log in the same directory.
  if (!around_.local)
    settings.spool = config.state_directory + "/session-log-"
                     + path_component(config.control_plane.run_id);
  settings.secrets = secrets_of(config);
  return system_.spawn<caf::detached>(session_log, control_plane,
                                      std::move(settings), *log);
}

void server_actors::spawn_permissions(const session_log_actor& session_log,
                                      const turn_relay_actor& relay) {
  if (around_.local) {
    permissions = terminal;
    return;
  }
  const auto& config = *around_.config;
  permission_settings settings;
  settings.attended = !config.background;
  settings.asks_in_thread = config.interaction_origin == "slack";
  settings.may_publish = config.create_pr.value_or(true);
  // Codex works on its own in this mode, and only asks for what is beyond it.
  if (config.adapter == runtime_adapter::codex)
    settings.asking_modes = {"default", "read-only"};
  settings.deadline = config.limits.permission;
  permissions =
    system_.spawn(agent_server::permissions,
                  permission_peers{events, session_log, control_plane, relay},
                  std::move(settings), *log);
}

workspace_actor
server_actors::spawn_workspace(const session_log_actor& session_log) {
  const auto& config = *around_.config;
  const auto& environment = config.inherited_environment;
  git tool{search_path(lookup(environment, "PATH"), "git").value_or(""),
           git_environment(environment), config.working_directory()};
  workspace_peers peers;
  peers.control_plane = control_plane;
  peers.repository =
    system_.spawn<caf::detached>(repository, std::move(tool), *log);
  peers.event_log = events;
  peers.session_log = session_log;
  workspace_settings settings;
  settings.has_repository = config.repository_path.has_value();
  settings.state_directory = config.state_directory;
  settings.device_name = host_name();
  auto result =
    system_.spawn(workspace, std::move(peers), std::move(settings), *log);
  caf::anon_send(events, journal_tap_actor{result});
  return result;
}

agent_actor server_actors::spawn_agent(const agent_launch& launch,
                                       const acp_peers& peers) {
  const auto& config = *around_.config;
  if (!drives_claude(config))
    return system_.spawn(acp_agent, peers, launch.first, secrets_of(config),
                         *log);
  claude::cli_launch cli;
  cli.config = around_.config;
  cli.program = launch.program;
  cli.mark = launch.mark;
  cli.session = launch.guess.session;
  cli.running = launch.child.has_value();
  cli.bypass_allowed = may_bypass_permissions(config);
  cli.make_uuid = random_uuid;
  return system_.spawn(claude::claude_agent, peers, std::move(cli),
                       launch.first, disk, secrets_of(config), *log);
}

session_setup server_actors::make_setup(const agent_launch& launch) const {
  const auto& config = *around_.config;
  session_setup setup;
  setup.config = around_.config;
  setup.agent_program = launch.program;
  setup.process_mark = launch.mark;
  setup.guess = launch.guess;
  setup.default_mode = "bypassPermissions";
  if (config.adapter == runtime_adapter::codex)
    setup.default_mode = "auto";
  if (around_.local)
    setup.default_mode = "default";
  setup.bypass_allowed = may_bypass_permissions(config);
  setup.settings_files = settings_files(config);
  return setup;
}

} // namespace agent_server
