#include "cli/agent_server.hpp"

#include "actors/agent/acp.hpp"
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
#include "cli/identity.hpp"
#include "cli/initial_environment.hpp"
#include "cli/local_mode.hpp"
#include "cli/settings_files.hpp"
#include "cli/state_directory.hpp"
#include "http/access.hpp"
#include "http/server.hpp"
#include "messages/wire/boot_report_json.hpp"

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>
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

struct system_settings : caf::actor_system_config {
  system_settings() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", actor_threads);
  }
};

/// Where the actors live: the pool's threads and the I/O thread.
struct actor_home {
  explicit actor_home(io_loop& loop) : unit(system, loop.io()) {}

  system_settings settings;
  caf::actor_system system{settings};
  io_unit unit;
};

/// The parts of a running server. They live until the process exits. The port
/// is opened and `/health` answered while a second thread starts the agent and
/// spawns the actors; the two meet in `begin`.
class running_server {
public:
  running_server(std::shared_ptr<const server_config> config,
                 const process_start& start, std::string boot_id,
                 const std::optional<local_options>& local,
                 std::size_t descriptors)
    : config_(std::move(config)), start_(start), boot_id_(std::move(boot_id)),
      local_(local), descriptors_(descriptors) {}

  /// Runs until the lifecycle ends it, or until it turns out that it cannot
  /// start; returns the exit status.
  int run();

private:
  /// Starts the agent, then spawns the actors, who begin the boot at once. On
  /// the second thread.
  caf::error wire();
  void spawn_actors(agent_launch launch, guard_link guard, int log_fd);
  void wire_plane();
  /// Opens the port; from then on `/health` answers.
  void listen();
  /// Connects the edge and the actors.
  void begin(const caf::error& problem);
  session_setup make_setup(const agent_launch& launch) const;
  void boot_is_over();
  void greet();
  void exit(int status);

  std::shared_ptr<const server_config> config_;
  process_start start_;
  std::string boot_id_;
  const std::optional<local_options>& local_;
  std::size_t descriptors_; // that may be open at once

  io_loop loop_;
  library_loader libraries_{loop_.io()};
  std::shared_ptr<published_health> published_ =
    std::make_shared<published_health>();
  std::optional<http_server> edge_;
  caf::expected<std::uint16_t> port_ = caf::sec::none;
  steady_ns listening_at_ = 0;
  std::uint64_t listened_ = 0; // the trace record
  secret access_token_;
  std::optional<access_control> access_;
  int exit_status_ = 0;

  // Written by the second thread, read after `begin`.
  std::optional<actor_home> home_;
  secret trace_token_;
  std::shared_ptr<kept_boot> boot_;
  disk_actor disk_;
  std::optional<logger> log_;
  health_actor health_;
  event_log_actor events_;
  outbound_actor outbound_;
  lifecycle_actor lifecycle_;
  control_plane_actor control_plane_;
  permissions_actor permissions_;
  terminal_actor terminal_;
  session_actor session_;
  local_conversation_actor conversation_;
};

int running_server::run() {
  std::thread{[this, cause = trace::current_cause()] {
    const trace::scope scope{cause};
    auto problem = wire();
    loop_.post([this, problem = std::move(problem)] { begin(problem); });
  }}.detach();
  listen();
  loop_.run();
  return exit_status_;
}

caf::error running_server::wire() {
  if (auto problem = prepare_working_directory(*config_))
    return problem;
  if (auto problem = prepare_state_directory(*config_))
    return problem;
  auto launch = launch_agent(*config_, boot_id_);
  auto guard = start_guard(start_.argc, start_.argv, launch.mark);
  if (launch.child)
    guard.watch(launch.child->pid);
  auto token = write_trace_token(config_->state_directory);
  if (!token)
    return token.error();
  trace_token_ = std::move(*token);
  spawn_actors(std::move(launch), std::move(guard),
               local_ ? open_local_log(*config_) : STDOUT_FILENO);
  return {};
}

void running_server::spawn_actors(agent_launch launch, guard_link guard,
                                  int log_fd) {
  const auto& config = *config_;
  auto& system = home_.emplace(loop_).system;
  auto& unit = home_->unit;
  boot_ = std::make_shared<kept_boot>(start_.exec_at);
  disk_ = system.spawn<caf::detached>(disk, log_fd);
  log_.emplace(disk_);
  health_ =
    system.spawn(health, published_, initial_health(config, start_, boot_id_));
  events_ = spawn_hosted(unit, event_log, config.control_plane.run_id);
  outbound_ = spawn_hosted(
    unit, outbound, &libraries_,
    std::string{"posthog/cloud.hog.dev; version: " AGENT_SERVER_VERSION});
  lifecycle_ = spawn_hosted(
    unit, lifecycle, disk_, events_,
    std::function<void()>{[this] { edge_->close(); }},
    std::function<void(int)>{[this](int status) { exit(status); }});
  wire_plane();
  const auto process = spawn_hosted(unit, child_process, launch.child,
                                    std::move(guard), launch.mark);
  session_peers peers;
  peers.task_fetch = system.spawn(task_fetch, control_plane_, *log_);
  peers.control_plane = control_plane_;
  peers.catalog =
    system.spawn(model_catalog, outbound_, config.control_plane.api_key, *log_);
  peers.health = health_;
  peers.event_log = events_;
  peers.session_log = system.spawn(session_log, control_plane_, *log_);
  peers.file_watch = spawn_hosted(unit, file_watch);
  peers.disk = disk_;
  peers.lifecycle = lifecycle_;
  peers.agent = system.spawn(
    acp_agent, acp_peers{process, events_, peers.session_log, permissions_},
    launch.first, secrets_of(config), *log_);
  session_ = system.spawn(session, std::move(peers), make_setup(launch), *log_);
  caf::anon_send(lifecycle_, session_);
  if (local_)
    conversation_ = system.spawn(local_conversation, session_, terminal_,
                                 lifecycle_, local_->once);
}

void running_server::wire_plane() {
  const auto& config = *config_;
  auto& system = home_->system;
  if (!local_) {
    permissions_ = system.spawn(permissions);
    control_plane_ =
      system.spawn(control_plane, config.control_plane, outbound_, health_,
                   *log_, call_limit(config.limits.context_fetch));
    return;
  }
  terminal_options options;
  options.yes = local_->yes;
  terminal_ = spawn_hosted(home_->unit, terminal, options);
  permissions_ = terminal_;
  caf::anon_send(events_, journal_tap_actor{terminal_});
  control_plane_ = system.spawn<caf::detached>(
    local_plane, config.state_directory, local_->prompt);
}

session_setup running_server::make_setup(const agent_launch& launch) const {
  session_setup setup;
  setup.config = config_;
  setup.agent_program = launch.program;
  setup.process_mark = launch.mark;
  setup.default_mode = "bypassPermissions";
  if (config_->adapter == runtime_adapter::codex)
    setup.default_mode = "auto";
  if (local_)
    setup.default_mode = "default";
  setup.bypass_allowed = may_bypass_permissions(*config_);
  setup.settings_files = settings_files(*config_);
  return setup;
}

void running_server::listen() {
  published_->publish(std::make_shared<const health_snapshot>(
    initial_health(*config_, start_, boot_id_)));
  const auto span = trace::begin_span("listen");
  edge_.emplace(
    loop_.io(),
    edge_config{config_->host, config_->port, connection_limit(descriptors_)},
    published_);
  port_ = edge_->open();
  listening_at_ = trace::now();
  listened_ = trace::end_span(span);
}

void running_server::begin(const caf::error& problem) {
  if (problem || !port_) {
    exit(refuse_to_start(problem ? problem : port_.error()));
    return;
  }
  const trace::scope scope{listened_};
  if (local_)
    access_token_ = random_token();
  access_.emplace(libraries_, config_->jwt_public_key, access_token_.reveal(),
                  trace_token_.reveal(), config_->control_plane.run_id);
  edge_wiring wiring;
  wiring.events = events_;
  wiring.commands = home_->system.spawn(commands, session_);
  wiring.boot_report = [this] { return boot_report_json(boot_->report()); };
  wiring.access = &*access_;
  wiring.system = &home_->system;
  wiring.unit = &home_->unit;
  edge_->connect(std::move(wiring));
  caf::anon_send(health_, http_is_ready{listening_at_});
  caf::anon_send(health_, edge_->readiness());
  caf::anon_send(
    health_, spawn_hosted(home_->unit, boot_keeper, boot_,
                          std::function<void()>{[this] { boot_is_over(); }}));
  // Loading them takes longer than all of the above: nothing waits for it but
  // the calls that need it.
  libraries_.start();
  greet();
  loop_.on_signal([this](int number) {
    caf::anon_send(lifecycle_,
                   end_process{0, number == SIGTERM ? "SIGTERM" : "SIGINT"});
  });
  unblock_signals();
}

void running_server::greet() {
  log_->info("listening on port " + std::to_string(*port_));
  if (local_)
    caf::anon_send(terminal_,
                   show_text{local_welcome(*config_, *port_, access_token_)});
  else
    access_->check_key([this](const std::string& problem) {
      if (!problem.empty())
        log_->error("JWT_PUBLIC_KEY: " + problem);
    });
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

void running_server::exit(int status) {
  exit_status_ = status;
  loop_.stop();
}

} // namespace

void run_agent_server(const server_config& config, const process_start& start,
                      const std::string& boot_id,
                      const std::optional<local_options>& local) {
  auto shared = std::make_shared<const server_config>(config);
  // Never destroyed: actors hold on to each other, and the process ends anyway.
  auto* server =
    new running_server{shared, start, boot_id, local, raise_file_limit()};
  const int status = server->run();
  std::fflush(nullptr);
  std::_Exit(status);
}

} // namespace agent_server
