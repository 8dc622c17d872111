#pragma once

#include "actors/git/git.hpp"
#include "actors/logger.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <optional>
#include <string>

namespace agent_server {

/// How long putting the repository to a checkpoint may take in all.
constexpr std::chrono::seconds restore_limit{240};

struct repository_state;
using repository_self =
  caf::stateful_actor<repository_state, traced<repository_actor::base>>;

struct repository_state {
  static inline const char* name = "repository";

  repository_self* self = nullptr;
  std::optional<git> tool;
  std::optional<logger> log;

  branch_read branch() const;
  caf::result<repository_captured> capture(const capture_repository& m) const;
  caf::result<checkpoint_applied> apply(const apply_checkpoint& m) const;

private:
  git limited(std::chrono::milliseconds limit) const;
};

/// Runs git for the working tree of the tool's directory, one call at a time.
/// It waits for git: spawn it detached.
repository_actor::behavior_type repository(repository_self* self, git tool,
                                           logger log);

} // namespace agent_server
