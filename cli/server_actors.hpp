#pragma once

#include "actors/agent/acp.hpp"
#include "actors/io/boot_keeper.hpp"
#include "actors/io/guard.hpp"
#include "actors/io/hosted.hpp"
#include "actors/io/libraries.hpp"
#include "actors/io/loop.hpp"
#include "actors/local_conversation.hpp"
#include "actors/logger.hpp"
#include "actors/session.hpp"
#include "cli/agent_launch.hpp"
#include "cli/local_options.hpp"
#include "cli/process_start.hpp"
#include "messages/actors.hpp"
#include "messages/boot.hpp"
#include "messages/config.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace agent_server {

/// What the actors are spawned with; outlives them.
struct actor_surroundings {
  std::shared_ptr<const server_config> config;
  process_start start;
  std::string boot_id;
  std::optional<local_options> local;
  io_loop* loop = nullptr;
  library_loader* libraries = nullptr;
  std::shared_ptr<published_health> published;
  /// Closes the edge / ends the process; called on the I/O thread.
  std::function<void()> close_edge;
  std::function<void(int status)> exit;
};

/// The health that is known before anything has begun.
health_snapshot initial_health(const server_config& config,
                               const process_start& start,
                               const std::string& boot_id);

/// The actors of a running server, and where they live. Spawned once, on any
/// one thread; the handles are read by others only after that.
class server_actors {
public:
  explicit server_actors(actor_surroundings around);

  /// Those that deal with the outside: log, health, control plane.
  void spawn_outside(int log_fd);

  /// All of them; the boot begins at once.
  void spawn_all(const agent_launch& launch, guard_link guard, int log_fd);

  caf::actor_system& system() { return system_; }
  io_unit& unit() { return unit_; }
  bool spawned() const { return static_cast<bool>(disk); }

  std::shared_ptr<kept_boot> boot;
  disk_actor disk;
  std::optional<logger> log;
  health_actor health;
  event_stream_actor events;
  outbound_actor outbound;
  lifecycle_actor lifecycle;
  control_plane_actor control_plane;
  permission_desk_actor permissions;
  terminal_actor terminal;
  session_actor session;
  local_conversation_actor conversation;

private:
  struct system_settings : caf::actor_system_config {
    system_settings();
  };

  void spawn_plane();
  session_log_actor spawn_session_log();
  void spawn_permissions(const session_log_actor& session_log,
                         const turn_relay_actor& relay);
  workspace_actor spawn_workspace(const session_log_actor& session_log);
  agent_actor spawn_agent(const agent_launch& launch, const acp_peers& peers);
  session_setup make_setup(const agent_launch& launch) const;

  actor_surroundings around_;
  system_settings settings_;
  caf::actor_system system_{settings_};
  io_unit unit_;
};

} // namespace agent_server
