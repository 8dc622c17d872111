#pragma once

#include "messages/task.hpp"

#include <optional>
#include <string>
#include <vector>

namespace agent_server {

/// The prompt that a session begins with.
struct first_prompt {
  /// JSON array of content blocks; empty when there is nothing to say.
  std::string blocks;
  /// Keys of the run's state to remove once the prompt was answered.
  std::vector<std::string> consumed_keys;
  /// What was asked for and is not served, a sentence each.
  std::vector<std::string> refusals;
};

/// Whether the choice needs the task's description.
bool needs_description(const task_run& run);

/// Chooses by precedence: the pending message, the override in the run's state,
/// the task's description.
first_prompt choose_first_prompt(const task_run& run,
                                 const std::optional<task>& fetched_task);

} // namespace agent_server
