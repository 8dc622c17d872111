#pragma once

#include "actors/logger.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"
#include "messages/config.hpp"

#include <caf/actor_clock.hpp>
#include <caf/expected.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>

namespace agent_server {

/// Bounds of one call to the task API.
constexpr std::size_t max_api_tries = 8;
constexpr std::chrono::milliseconds first_api_backoff{200};
constexpr std::chrono::milliseconds longest_api_backoff{5'000};
constexpr std::chrono::seconds api_try_timeout{10};
constexpr std::chrono::seconds api_call_timeout{60};
constexpr std::size_t max_api_answer = 16u << 20;
/// A log may be large.
constexpr std::chrono::seconds run_log_timeout{60};
/// The same for a call that carries an artifact.
constexpr std::chrono::seconds transfer_try_timeout{60};
constexpr std::chrono::seconds transfer_timeout{180};

struct control_plane_state;
using control_plane_self =
  caf::stateful_actor<control_plane_state, traced<control_plane_actor::base>>;

struct control_plane_state {
  static inline const char* name = "control_plane";
  using answer = http_response;
  using body = std::shared_ptr<const std::string>;
  using time_point = caf::actor_clock::time_point;

  /// What an answer may take.
  struct answer_bounds {
    std::size_t size = max_api_answer;
    std::chrono::milliseconds time = api_try_timeout; // of one try
  };

  struct call {
    http_request request;
    bool idempotent = false;
    bool appends_log = false;
    std::chrono::milliseconds try_timeout{api_try_timeout};
    std::size_t tries = 0;
    bool retried_authorization = false;
    time_point give_up_at;
    std::function<void(caf::expected<answer>)> done;
  };

  control_plane_self* self = nullptr;
  control_plane_config config;
  outbound_actor outbound;
  health_actor health;
  std::optional<logger> log;
  bool booting = true;
  time_point boot_gives_up_at;
  std::uint32_t last_call = 0;
  std::map<std::uint32_t, call> calls;
  std::minstd_rand jitter;

  std::string task_url() const;
  std::string run_url() const { return run_url(config.run_id); }
  std::string run_url(const std::string& run_id) const;
  void start(const char* label, std::string method, std::string url,
             std::string payload, std::function<void(caf::expected<body>)> done,
             answer_bounds bounds);
  void start(const char* label, std::string method, std::string url,
             std::string payload,
             std::function<void(caf::expected<body>)> done);
  caf::result<task_run> fetch_run(const get_run& m);
  caf::result<run_log> fetch_run_log(const get_run_log& m);
  void transfer(http_request request,
                std::function<void(caf::expected<answer>)> done);
  void try_once(std::uint32_t id);
  void answered(std::uint32_t id, const http_response& response);
  void broke(std::uint32_t id, const caf::error& err);
  /// Whether a next try was armed.
  bool try_again(std::uint32_t id, const std::string& why,
                 std::optional<std::chrono::seconds> asked_delay);
  void end(std::uint32_t id, caf::expected<answer> result);
};

/// The task API over HTTP. While the boot lasts, a call gives up when
/// `boot_limit` after the spawn is reached.
control_plane_actor::behavior_type
control_plane(control_plane_self* self, control_plane_config config,
              outbound_actor outbound, health_actor health, logger log,
              std::chrono::milliseconds boot_limit);

} // namespace agent_server
