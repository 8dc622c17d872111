#pragma once

#include "messages/boot.hpp"

namespace agent_server {

/// What the process was started with, and when.
struct process_start {
  int argc = 0;
  char** argv = nullptr;
  steady_ns exec_at = 0;
};

/// When this process was executed: the processor time spent so far is what
/// loading took, since nothing makes it wait before `main`; at most 10 ms, for
/// a shell may have spent time in the same process before.
steady_ns estimate_exec_time();

} // namespace agent_server
