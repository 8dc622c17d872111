#pragma once

#include "messages/boot.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace agent_server {

/// One piece of work of the boot. Times are ns since exec.
struct boot_box {
  std::string name;
  std::int64_t start = 0;
  /// Absent while the work goes on.
  std::optional<std::int64_t> end;
  /// `open`, `ok`, `error`, `skipped` or `dropped`.
  std::string outcome = "open";
  /// The boxes whose end this one needed before it could begin.
  std::vector<std::string> waited_for;
  /// Whether it lay on the longest path from exec to readiness.
  bool critical = false;
  /// How much longer it could have taken without delaying readiness, ns;
  /// absent when nothing waited for it, or the boot is not over.
  std::optional<std::int64_t> slack;
};

/// A stretch of the critical path: a box, or the time between two.
struct boot_stretch {
  enum class kind_type : std::uint8_t {
    box,
    /// Our own time between two boxes.
    own,
    /// No record tells what led here.
    unrecorded,
  };
  kind_type kind = kind_type::box;
  std::string box; // empty unless it is one
  std::int64_t duration = 0;
};

/// The part of the boot that is neither the agent's nor a bystander's, ns.
/// Each part is absent until its ends are known.
struct boot_own_share {
  /// Exec until the agent's process was begun.
  std::optional<std::int64_t> to_spawn;
  /// The agent's answer to `initialize` until `session/new` went out.
  std::optional<std::int64_t> to_session;
  /// The agent's answer to `session/new` until readiness was published.
  std::optional<std::int64_t> to_ready;

  /// The sum, once all three are known.
  std::optional<std::int64_t> total() const {
    if (!to_spawn || !to_session || !to_ready)
      return std::nullopt;
    return *to_spawn + *to_session + *to_ready;
  }
};

/// Where the time of one boot went.
struct boot_report {
  /// Whether readiness was published.
  bool complete = false;
  /// Exec until readiness, ns.
  std::optional<std::int64_t> total;
  boot_own_share own_share;
  /// By start.
  std::vector<boot_box> boxes;
  /// From exec to readiness without holes: the durations add up to `total`.
  std::vector<boot_stretch> critical_path;
};

} // namespace agent_server
