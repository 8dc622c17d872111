#pragma once

#include "messages/task.hpp"

#include <optional>
#include <string>
#include <vector>

namespace agent_server {

/// The prompt that a session begins with.
struct first_prompt {
  /// JSON array of content blocks; empty when there is nothing to say but the
  /// attachments, if any.
  std::string blocks;
  /// Files that come with it, all of them to be had.
  std::vector<attachment> attachments;
  /// What stands behind the attachments: more blocks, or empty.
  std::string closing;
  /// It is the message that waited for the session.
  bool is_pending_message = false;
  /// Keys of the run's state to remove once the prompt was answered.
  std::vector<std::string> consumed_keys;
  /// What was asked for and cannot be had, a sentence each.
  std::vector<std::string> refusals;

  bool empty() const { return blocks.empty() && attachments.empty(); }
};

/// Whether the choice needs the task's description.
bool needs_description(const task_run& run);

/// Chooses by precedence: the pending message with its attachments, the
/// override in the run's state, the task's description (contract 10.1).
first_prompt choose_first_prompt(const task_run& run,
                                 const std::optional<task>& fetched_task);

/// The prompt by which a session goes on from an earlier run: its history, and
/// the pending message when there is one (contract 10.3). `restored` tells
/// whether the repository is as that run left it.
first_prompt choose_resume_prompt(const task_run& run,
                                  const std::string& history, bool restored);

} // namespace agent_server
