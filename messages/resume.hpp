#pragma once

#include "messages/workspace.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <cstddef>
#include <optional>
#include <string>

namespace agent_server {

/// Asks for what an earlier run of the task said and did. Always answered;
/// what could not be had is missing, and logged.
struct load_earlier_run {
  std::string run_id;
};

/// What there is to go on from.
struct earlier_run {
  /// The conversation as text for a prompt; empty: nothing was said.
  std::string history;
  /// The last saved state of its repository.
  std::optional<git_checkpoint> checkpoint;
};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::load_earlier_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::earlier_run)
