#include "cli/process_start.hpp"

#include "actors/trace/recorder.hpp"

#include <algorithm>
#include <ctime>

namespace agent_server {

namespace {

// A shell that executes this program has spent time of its own.
constexpr steady_ns longest_loading = 10'000'000;

} // namespace

steady_ns estimate_exec_time() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  const steady_ns used = spent.tv_sec * 1'000'000'000 + spent.tv_nsec;
  return trace::now() - std::min(used, longest_loading);
}

} // namespace agent_server
