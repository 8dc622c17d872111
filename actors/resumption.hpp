#pragma once

#include "messages/resume.hpp"

#include <string>

namespace agent_server {

/// How far a session has come in going on from an earlier run.
struct resumption {
  /// Empty: the session is a new one.
  std::string run_id;
  bool loading = false;
  earlier_run found;
  /// The repository was put back, or that was tried.
  bool restoring = false;
  bool restore_ended = false;
  bool restored = false;
  /// The agent may have read the repository as it was before.
  bool agent_saw_repository = false;

  bool restore_is_due() const {
    return found.checkpoint && !restoring && !restore_ended;
  }
};

} // namespace agent_server
