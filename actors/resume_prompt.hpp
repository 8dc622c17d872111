#pragma once

#include "messages/wire/resume_log.hpp"

#include <string>

namespace agent_server {

/// A conversation as text for a prompt (contract 10.3); empty without turns.
std::string history_text(const resumed_conversation& conversation);

/// The content blocks by which a session goes on from an earlier run; those of
/// a new message stand between `before` and `after`. JSON arrays.
struct resume_prompt {
  std::string before;
  std::string after; // empty without a new message
};

/// `restored` tells whether the repository was put back to where the earlier
/// run left it.
resume_prompt make_resume_prompt(const std::string& history, bool restored,
                                 bool has_message);

} // namespace agent_server
