#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace agent_server {

/// A line of the system's process table.
struct process_entry {
  pid_t pid = -1;
  pid_t parent = -1;
  pid_t group = -1;
  bool zombie = false;
};

enum class zombies { excluded, included };

/// All processes that can be seen.
std::vector<process_entry> running_processes(zombies which);

/// The processes of these groups, those that bear `marker` (`NAME=value`,
/// ignored when empty) in the environment that they were started with or as
/// their `inherited_mark`, and all that descend from either. Without zombies
/// and the caller.
std::vector<pid_t> processes_of(const std::vector<pid_t>& groups,
                                const std::string& marker);
std::vector<pid_t> processes_of(pid_t group, const std::string& marker);

/// Sends `signal` to all of these.
void signal_all(const std::vector<pid_t>& processes, int signal);

/// Kills what `processes_of` finds, until it finds nothing that was not killed
/// already. Does not wait for their end.
void kill_processes_of(const std::vector<pid_t>& groups,
                       const std::string& marker);

} // namespace agent_server
