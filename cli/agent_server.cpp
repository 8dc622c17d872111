#include "cli/agent_server.hpp"

#include "actors/commands.hpp"
#include "actors/failed_start.hpp"
#include "actors/io/file_limit.hpp"
#include "cli/agent_launch.hpp"
#include "cli/local_mode.hpp"
#include "cli/server_actors.hpp"
#include "cli/state_directory.hpp"
#include "http/access.hpp"
#include "http/server.hpp"
#include "messages/identity.hpp"
#include "messages/wire/boot_report_json.hpp"

#include <algorithm>
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

std::size_t connection_limit(std::size_t descriptors) {
  const auto left =
    descriptors > reserved_descriptors ? descriptors - reserved_descriptors : 0;
  return std::clamp(left, least_connections, most_connections);
}

void unblock_signals() {
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

/// How a server of the same run, if it holds the configured port, would be
/// known; nothing when no server of the run has left its token.
std::optional<port_probe> probe_of(const server_config& config) {
  auto token = read_trace_token(config.state_directory);
  if (token.empty())
    return std::nullopt;
  auto host = config.host.value_or("127.0.0.1");
  if (host.find(':') != std::string::npos)
    host = "[" + host + "]";
  return port_probe{"http://" + host + ":" + std::to_string(config.port)
                      + "/boot",
                    std::move(token)};
}

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
  actor_surroundings surroundings();
  /// Opens the port; from then on `/health` answers.
  void listen();
  /// Connects the edge and the actors.
  void begin(const caf::error& problem);
  /// In place of `begin`: says that the server cannot start, also to the
  /// control plane, unless a server of the same run answers the probe.
  void refuse(const caf::error& problem,
              std::optional<port_probe> probe = std::nullopt);
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
  std::optional<server_actors> actors_;
};

int running_server::run() {
  listen();
  std::thread{[this, cause = trace::current_cause()] {
    const trace::scope scope{cause};
    auto problem = wire();
    loop_.post([this, problem = std::move(problem)] { begin(problem); });
  }}.detach();
  loop_.run();
  return exit_status_;
}

actor_surroundings running_server::surroundings() {
  actor_surroundings around;
  around.config = config_;
  around.start = start_;
  around.boot_id = boot_id_;
  around.local = local_;
  around.loop = &loop_;
  around.libraries = &libraries_;
  around.published = published_;
  around.close_edge = [this] { edge_->close(); };
  around.exit = [this](int status) { exit(status); };
  return around;
}

caf::error running_server::wire() {
  // The run may be another server's, which has the port.
  if (!port_)
    return {};
  if (auto problem = prepare_working_directory(*config_))
    return problem;
  const auto warning = prepare_state_directory(*config_);
  if (!warning)
    return warning.error();
  if (!warning->empty())
    std::fprintf(stderr, "warning: %s\n", warning->c_str());
  const auto launch = launch_agent(*config_, boot_id_);
  auto guard = start_guard(start_.argc, start_.argv, launch.mark);
  if (launch.child)
    guard.watch(launch.child->pid);
  const int log_fd = local_ ? open_local_log(*config_) : STDOUT_FILENO;
  actors_.emplace(surroundings()).spawn_all(launch, std::move(guard), log_fd);
  return {};
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
  if (!port_ || problem) {
    refuse(problem ? problem : port_.error(),
           port_ ? std::nullopt : probe_of(*config_));
    return;
  }
  const trace::scope scope{listened_};
  // Not before the port is ours: the directory may be a running server's.
  const auto trace_token = random_token();
  if (auto unwritten =
        write_trace_token(config_->state_directory, trace_token)) {
    refuse(unwritten);
    return;
  }
  if (local_)
    access_token_ = random_token();
  access_.emplace(libraries_, config_->jwt_public_key, access_token_.reveal(),
                  trace_token.reveal(), config_->control_plane.run_id);
  auto& actors = *actors_;
  caf::anon_send(actors.events, open_spool{});
  edge_wiring wiring;
  wiring.events = actors.events;
  wiring.commands =
    actors.system().spawn(commands, actors.session, actors.permissions);
  wiring.boot_report = [this] {
    return boot_report_json(actors_->boot->report());
  };
  wiring.access = &*access_;
  wiring.system = &actors.system();
  wiring.unit = &actors.unit();
  edge_->connect(std::move(wiring));
  caf::anon_send(actors.health, http_is_ready{listening_at_});
  caf::anon_send(actors.health, edge_->watch(actors.unit()));
  caf::anon_send(
    actors.health,
    spawn_hosted(actors.unit(), boot_keeper, actors.boot,
                 std::function<void()>{[this] { boot_is_over(); }}));
  // Loading them takes longer than all of the above: nothing waits for it but
  // the calls that need it.
  libraries_.start();
  greet();
  loop_.on_signal([this](int number) {
    caf::anon_send(actors_->lifecycle,
                   end_process{0, number == SIGTERM ? "SIGTERM" : "SIGINT"});
  });
  unblock_signals();
}

void running_server::greet() {
  const auto& log = *actors_->log;
  log.info("listening on port " + std::to_string(*port_));
  if (local_)
    caf::anon_send(actors_->terminal,
                   show_text{local_welcome(*config_, *port_, access_token_)});
  else
    access_->check_key([this](const std::string& problem) {
      if (!problem.empty())
        actors_->log->error("JWT_PUBLIC_KEY: " + problem);
    });
}

void running_server::refuse(const caf::error& problem,
                            std::optional<port_probe> probe) {
  std::fprintf(stderr, "error: %s\n", describe(problem).c_str());
  if (local_) {
    exit(1);
    return;
  }
  if (!actors_)
    actors_.emplace(surroundings()).spawn_outside(STDOUT_FILENO);
  // Else it might open while the others are being told.
  if (actors_->session)
    caf::anon_send_exit(actors_->session, caf::exit_reason::kill);
  const auto code = code_of(problem);
  caf::anon_send(actors_->health, edge_->watch(actors_->unit()));
  caf::anon_send(actors_->health, boot_failed{code, describe(problem), {}});
  const auto teller = actors_->system().spawn(
    failed_start, actors_->outbound, actors_->control_plane, actors_->disk,
    std::move(probe), std::function<void()>{[this] { exit(1); }});
  caf::anon_send(teller, boot_failed{code, describe(problem), {}});
  libraries_.start();
  loop_.on_signal([this](int) { exit(1); });
  unblock_signals();
}

void running_server::boot_is_over() {
  if (!local_)
    return;
  const auto health = published_->read();
  caf::anon_send(actors_->terminal, show_text{local_boot_summary(
                                      *health, actors_->boot->report())});
  if (health->state == readiness::ready)
    caf::anon_send(actors_->conversation, boot_ready{});
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
