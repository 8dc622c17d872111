#include "cli/agent_server.hpp"

#include "actors/agent/acp.hpp"
#include "actors/agent/claude/session.hpp"
#include "actors/commands.hpp"
#include "actors/control_plane.hpp"
#include "actors/disk.hpp"
#include "actors/health.hpp"
#include "actors/io/boot_keeper.hpp"
#include "actors/io/child_process.hpp"
#include "actors/io/event_log.hpp"
#include "actors/io/file_limit.hpp"
#include "actors/io/file_watch.hpp"
#include "actors/io/guard.hpp"
#include "actors/io/libraries.hpp"
#include "actors/io/lifecycle.hpp"
#include "actors/io/loop.hpp"
#include "actors/io/outbound.hpp"
#include "actors/io/terminal.hpp"
#include "actors/local_conversation.hpp"
#include "actors/local_plane.hpp"
#include "actors/logger.hpp"
#include "actors/model_catalog.hpp"
#include "actors/permissions.hpp"
#include "actors/session.hpp"
#include "actors/session_log.hpp"
#include "actors/task_fetch.hpp"
#include "cli/initial_environment.hpp"
#include "cli/local_mode.hpp"
#include "cli/settings_files.hpp"
#include "cli/state_directory.hpp"
#include "http/access.hpp"
#include "http/server.hpp"
#include "messages/identity.hpp"
#include "messages/wire/boot_report_json.hpp"

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>
#include <utility>

namespace agent_server {

namespace {

// Descriptors that are not client connections: pipes, files, calls out.
constexpr std::size_t reserved_descriptors = 64;
constexpr std::size_t most_connections = 16'384;
constexpr std::size_t least_connections = 16;

constexpr std::size_t actor_threads = 2;

// A shorter value of a secret variable would be found in innocent words.
constexpr std::size_t least_secret_size = 8;

std::size_t connection_limit(std::size_t descriptors) {
  const auto left =
    descriptors > reserved_descriptors ? descriptors - reserved_descriptors : 0;
  return std::clamp(left, least_connections, most_connections);
}

/// The calls end a little before the phase that they serve, so that one that
/// hangs is that call's failure and not yet the boot's.
std::chrono::milliseconds call_limit(std::chrono::milliseconds phase) {
  return phase - std::min(std::chrono::milliseconds{500}, phase / 10);
}

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

/// What the agent could repeat and nobody else may see.
std::vector<secret> secrets_of(const server_config& config) {
  std::vector<secret> secrets{config.control_plane.api_key};
  for (const auto& server : config.mcp_servers)
    for (const auto& header : server.headers)
      secrets.push_back(header.second);
  for (const auto& [name, value] : config.inherited_environment)
    if (is_secret_variable(name) && value.size() >= least_secret_size)
      secrets.emplace_back(value);
  return secrets;
}

void unblock_signals() {
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

int refuse_to_start(const caf::error& problem) {
  std::fprintf(stderr, "error: %s\n", describe(problem).c_str());
  return 1;
}

/// The parts of a running server. They live until the process exits.
class running_server {
public:
  running_server(std::shared_ptr<const server_config> config,
                 const process_start& start, std::string boot_id,
                 const std::optional<local_options>& local)
    : config_(std::move(config)), start_(start), boot_id_(std::move(boot_id)),
      local_(local) {}

  /// Spawns the actors, who begin the boot at once.
  void wire(agent_launch launch, guard_link guard, int log_fd);

  /// Opens the port; from then on `/health` answers.
  caf::expected<std::uint16_t> listen(std::size_t descriptors,
                                      const secret& trace_token);

  /// Runs until the lifecycle ends it; returns the exit status.
  int run(std::uint16_t port);

private:
  struct system_settings : caf::actor_system_config {
    system_settings() {
      set("scheduler.policy", caf::atom("sharing"));
      set("scheduler.max-threads", actor_threads);
    }
  };

  void wire_plane();
  void wire_permissions(const session_log_actor& log_of_session);
  agent_actor wire_agent(const agent_launch& launch, const acp_peers& peers);
  session_setup make_setup(const agent_launch& launch) const;
  void boot_is_over();
  void exit(int status);

  std::shared_ptr<const server_config> config_;
  process_start start_;
  std::string boot_id_;
  const std::optional<local_options>& local_;

  system_settings settings_;
  io_loop loop_;
  caf::actor_system system_{settings_};
  io_unit unit_{system_, loop_.io()};
  library_loader libraries_{loop_.io()};
  std::shared_ptr<published_health> published_ =
    std::make_shared<published_health>();
  std::shared_ptr<kept_boot> boot_;
  secret access_token_;
  std::optional<access_control> access_;
  std::optional<http_server> edge_;
  int exit_status_ = 0;

  disk_actor disk_;
  std::optional<logger> log_;
  health_actor health_;
  event_stream_actor events_;
  outbound_actor outbound_;
  lifecycle_actor lifecycle_;
  control_plane_actor control_plane_;
  permission_desk_actor permissions_;
  terminal_actor terminal_;
  session_actor session_;
  local_conversation_actor conversation_;
};

void running_server::wire(agent_launch launch, guard_link guard, int log_fd) {
  const auto& config = *config_;
  boot_ = std::make_shared<kept_boot>(start_.exec_at);
  disk_ = system_.spawn<caf::detached>(disk, log_fd);
  log_.emplace(disk_);
  health_ =
    system_.spawn(health, published_, initial_health(config, start_, boot_id_));
  events_ = spawn_hosted(unit_, event_log, config.control_plane.run_id);
  outbound_ = spawn_hosted(
    unit_, outbound, &libraries_,
    std::string{"posthog/cloud.hog.dev; version: " AGENT_SERVER_VERSION});
  lifecycle_ = spawn_hosted(
    unit_, lifecycle, disk_, events_,
    std::function<void()>{[this] { edge_->close(); }},
    std::function<void(int)>{[this](int status) { exit(status); }});
  wire_plane();
  const auto process = spawn_hosted(unit_, child_process, launch.child,
                                    std::move(guard), launch.mark);
  session_peers peers;
  peers.task_fetch = system_.spawn(task_fetch, control_plane_, *log_);
  peers.control_plane = control_plane_;
  peers.catalog = system_.spawn(model_catalog, outbound_,
                                config.control_plane.api_key, *log_);
  peers.health = health_;
  peers.event_log = events_;
  peers.session_log = system_.spawn(session_log, control_plane_, *log_);
  wire_permissions(peers.session_log);
  peers.permissions = permissions_;
  peers.file_watch = spawn_hosted(unit_, file_watch);
  peers.disk = disk_;
  peers.lifecycle = lifecycle_;
  peers.agent =
    wire_agent(launch, {process, events_, peers.session_log, permissions_});
  session_ =
    system_.spawn(session, std::move(peers), make_setup(launch), *log_);
  caf::anon_send(lifecycle_, session_);
  if (local_)
    conversation_ = system_.spawn(local_conversation, session_, terminal_,
                                  lifecycle_, local_->once);
}

agent_actor running_server::wire_agent(const agent_launch& launch,
                                       const acp_peers& peers) {
  if (!drives_claude(*config_))
    return system_.spawn(acp_agent, peers, launch.first, secrets_of(*config_),
                         *log_);
  claude::cli_launch cli;
  cli.config = config_;
  cli.program = launch.program;
  cli.mark = launch.mark;
  cli.session = launch.guess.session;
  cli.running = launch.child.has_value();
  cli.bypass_allowed = may_bypass_permissions(*config_);
  cli.make_uuid = random_uuid;
  return system_.spawn(claude::claude_agent, peers, std::move(cli),
                       launch.first, disk_, secrets_of(*config_), *log_);
}

void running_server::wire_plane() {
  const auto& config = *config_;
  if (!local_) {
    control_plane_ =
      system_.spawn(control_plane, config.control_plane, outbound_, health_,
                    *log_, call_limit(config.limits.context_fetch));
    return;
  }
  terminal_options options;
  options.yes = local_->yes;
  terminal_ = spawn_hosted(unit_, terminal, options);
  caf::anon_send(events_, journal_tap_actor{terminal_});
  control_plane_ = system_.spawn<caf::detached>(
    local_plane, config.state_directory, local_->prompt);
}

void running_server::wire_permissions(const session_log_actor& log_of_session) {
  if (local_) {
    permissions_ = terminal_;
    return;
  }
  permission_settings settings;
  settings.attended = !config_->background;
  settings.asks_in_thread = config_->interaction_origin == "slack";
  settings.may_publish = config_->create_pr.value_or(true);
  // Codex works on its own in this mode, and only asks for what is beyond it.
  if (config_->adapter == runtime_adapter::codex)
    settings.asking_modes = {"default", "read-only"};
  settings.deadline = config_->limits.permission;
  permissions_ = system_.spawn(
    permissions, permission_peers{events_, log_of_session, control_plane_},
    std::move(settings), *log_);
}

session_setup running_server::make_setup(const agent_launch& launch) const {
  session_setup setup;
  setup.config = config_;
  setup.agent_program = launch.program;
  setup.process_mark = launch.mark;
  setup.guess = launch.guess;
  setup.default_mode = "bypassPermissions";
  if (config_->adapter == runtime_adapter::codex)
    setup.default_mode = "auto";
  if (local_)
    setup.default_mode = "default";
  setup.bypass_allowed = may_bypass_permissions(*config_);
  setup.settings_files = settings_files(*config_);
  return setup;
}

caf::expected<std::uint16_t> running_server::listen(std::size_t descriptors,
                                                    const secret& trace_token) {
  if (local_)
    access_token_ = random_token();
  access_.emplace(libraries_, config_->jwt_public_key, access_token_.reveal(),
                  trace_token.reveal(), config_->control_plane.run_id);
  edge_wiring wiring;
  wiring.health = published_;
  wiring.events = events_;
  wiring.commands = system_.spawn(commands, session_, permissions_);
  wiring.boot_report = [this] { return boot_report_json(boot_->report()); };
  wiring.access = &*access_;
  wiring.system = &system_;
  wiring.unit = &unit_;
  const auto span = trace::begin_span("listen");
  edge_.emplace(
    loop_.io(),
    edge_config{config_->host, config_->port, connection_limit(descriptors)},
    std::move(wiring));
  auto port = edge_->open();
  trace::scope scope{trace::end_span(span)};
  if (!port)
    return port;
  caf::anon_send(health_, http_is_ready{});
  caf::anon_send(health_, edge_->readiness());
  caf::anon_send(
    health_, spawn_hosted(unit_, boot_keeper, boot_,
                          std::function<void()>{[this] { boot_is_over(); }}));
  // Loading them takes longer than all of the above: nothing waits for it but
  // the calls that need it.
  libraries_.start();
  return port;
}

void running_server::boot_is_over() {
  if (!local_)
    return;
  const auto health = published_->read();
  caf::anon_send(terminal_,
                 show_text{local_boot_summary(*health, boot_->report())});
  if (health->state == readiness::ready)
    caf::anon_send(conversation_, boot_ready{});
}

int running_server::run(std::uint16_t port) {
  log_->info("listening on port " + std::to_string(port));
  if (local_)
    caf::anon_send(terminal_,
                   show_text{local_welcome(*config_, port, access_token_)});
  else
    access_->check_key([this](const std::string& problem) {
      if (!problem.empty())
        log_->error("JWT_PUBLIC_KEY: " + problem);
    });
  loop_.on_signal([this](int number) {
    caf::anon_send(lifecycle_,
                   end_process{0, number == SIGTERM ? "SIGTERM" : "SIGINT"});
  });
  unblock_signals();
  loop_.run();
  return exit_status_;
}

void running_server::exit(int status) {
  exit_status_ = status;
  loop_.stop();
}

} // namespace

int run_agent_server(const server_config& config, const process_start& start,
                     const std::string& boot_id,
                     const std::optional<local_options>& local) {
  auto shared = std::make_shared<const server_config>(config);
  if (auto problem = prepare_working_directory(config))
    return refuse_to_start(problem);
  if (auto problem = prepare_state_directory(config))
    return refuse_to_start(problem);
  auto launch = launch_agent(config, boot_id);
  auto guard = start_guard(start.argc, start.argv, launch.mark);
  if (launch.child)
    guard.watch(launch.child->pid);
  const auto descriptors = raise_file_limit();
  const auto trace_token = write_trace_token(config.state_directory);
  if (!trace_token)
    return refuse_to_start(trace_token.error());
  const int log_fd = local ? open_local_log(config) : STDOUT_FILENO;

  // Never destroyed: actors hold on to each other, and the process ends anyway.
  auto* server = new running_server{shared, start, boot_id, local};
  server->wire(std::move(launch), std::move(guard), log_fd);
  const auto port = server->listen(descriptors, *trace_token);
  if (!port) {
    const int status = refuse_to_start(port.error());
    std::fflush(nullptr);
    std::_Exit(status);
  }
  const int status = server->run(*port);
  std::fflush(nullptr);
  std::_Exit(status);
}

} // namespace agent_server
