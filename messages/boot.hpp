#pragma once

#include "messages/error.hpp"

#include <array>
#include <atomic>
#include <caf/allowed_unsafe_message_type.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace agent_server {

/// The phases that callers see in `/health`.
enum class boot_phase : std::uint8_t {
  context_fetch,
  acp_initialize,
  repository_ready,
  session_dependencies,
  session_create,
};
constexpr std::size_t boot_phase_count = 5;

/// The phase as the wire spells it.
const char* to_string(boot_phase phase);

/// A moment of the steady clock, ns.
using steady_ns = std::int64_t;

enum class readiness : std::uint8_t { starting, ready, failed, closed };

struct phase_times {
  steady_ns began = 0; // 0: not begun
  steady_ns ended = 0; // 0: not ended
  std::chrono::milliseconds deadline{0};
  /// What is being tried again in this phase, and why; empty otherwise.
  std::string retrying;
};

/// What `GET /health` reads. Immutable once published.
struct health_snapshot {
  readiness state = readiness::starting;
  std::string boot_id;
  steady_ns exec_at = 0;
  steady_ns http_ready_at = 0;
  steady_ns ended_at = 0; // ready or failed
  std::optional<std::int64_t> launcher_to_process_ms;
  std::array<phase_times, boot_phase_count> phases{};
  std::optional<boot_phase> failed_phase;
  ec failure_class = ec::none;
  std::string failure;
};

/// The one place where the snapshot stands. Written by the health actor, read
/// by any thread.
class published_health {
public:
  using value = std::shared_ptr<const health_snapshot>;
  value read() const { return std::atomic_load(&value_); }
  void publish(value next) { std::atomic_store(&value_, std::move(next)); }

private:
  value value_ = std::make_shared<const health_snapshot>();
};

struct phase_began {
  boot_phase phase = boot_phase::context_fetch;
  std::chrono::milliseconds deadline{0};
};
struct phase_ended {
  boot_phase phase = boot_phase::context_fetch;
};
/// A phase tries something again, e.g. "GET run: 503".
struct phase_retrying {
  boot_phase phase = boot_phase::context_fetch;
  std::string what;
};
struct http_is_ready {
  steady_ns at = 0;
};

/// The session has opened: readiness becomes `ready`.
struct boot_ready {};

/// The boot, or later the agent, failed for good.
struct boot_failed {
  ec failure_class = ec::internal;
  std::string failure;
  /// The phase that failed; the first that runs when absent.
  std::optional<boot_phase> phase;
};

/// The session was closed by command.
struct boot_closed {};

/// Readiness is no longer `starting`; whoever waits for it may be answered.
struct readiness_changed {};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::phase_began)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::phase_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::phase_retrying)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::http_is_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::boot_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::boot_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::boot_closed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::readiness_changed)
