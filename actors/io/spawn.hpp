#pragma once

#include "messages/process.hpp"

#include <caf/expected.hpp>
#include <sys/types.h>

namespace agent_server {

/// A process just started, in a group of its own. The descriptors are
/// non-blocking, close on exec, and belong to whoever holds this.
struct spawned_child {
  pid_t pid = -1;
  int pidfd = -1;
  int stdin_fd = -1;
  int stdout_fd = -1;
  int stderr_fd = -1;
};

/// Starts a process with the environment of the plan and nothing of ours but
/// its three pipes. Starts no shell and searches no PATH. Error:
/// `ec::agent_not_found`, naming the program or directory and the reason.
/// For the main thread, which is also the I/O thread.
caf::expected<spawned_child> spawn_child(const launch_plan& plan);

/// Collects the status of child processes that ended and that nobody here
/// started: orphans that came to us as their subreaper.
void reap_orphans();

/// Notes that the process was waited for, so its id may be anyone's.
void child_was_reaped(pid_t pid);

} // namespace agent_server
