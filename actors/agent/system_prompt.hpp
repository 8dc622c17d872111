#pragma once

#include "messages/config.hpp"

#include <string>

namespace agent_server {

/// What the agent is told before the first prompt.
struct system_prompt {
  std::string text;
  /// Appended to the agent's own prompt; otherwise it takes its place.
  bool appends = true;
};

/// The instructions for this run: how to treat branches, commits and pull
/// requests, joined with the prompt of `--claudeCodeConfig`.
/// `pull_request_url` is that of a pull request the run already has, or empty.
system_prompt make_system_prompt(const server_config& config,
                                 const std::string& pull_request_url);

/// What a follow-up prompt is told of the pull request at `url`.
std::string pull_request_context(const server_config& config,
                                 const std::string& url);

} // namespace agent_server
