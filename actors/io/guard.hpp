#pragma once

#include <memory>
#include <string>
#include <sys/types.h>

namespace agent_server {

/// Our end of the line to the guard process. Copies share it; the guard acts
/// when the last of them is gone, which is also when this process dies.
class guard_link {
public:
  /// Tells nobody.
  guard_link() = default;
  guard_link(int socket, pid_t guard);

  /// From now on this process group must not outlive us.
  void watch(pid_t group);
  /// Nothing is left of the group; its id may soon be anyone's.
  void forget(pid_t group);

  /// The guard process, or -1 when there is none.
  pid_t guard() const { return guard_; }

private:
  void tell(char what, pid_t group);

  std::shared_ptr<int> socket_;
  pid_t guard_ = -1;
};

/// Forks a process that outlives this one and then ends every process of the
/// watched groups, their descendants, and whoever carries `marker` (an entry
/// `NAME=value`) in its environment: TERM, and KILL after 2 s. It shows neither
/// our name nor our arguments. Also makes this process the parent of orphans.
/// There may be other threads: of what they could hold locked at the fork the
/// guard needs the heap alone, which the C library keeps usable. Without a
/// guard, as when the system has no process left, the link is empty.
guard_link start_guard(int argc, char** argv, const std::string& marker);

} // namespace agent_server
