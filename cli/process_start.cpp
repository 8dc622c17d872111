#include "cli/process_start.hpp"

#include "actors/trace/recorder.hpp"

#include <ctime>

namespace agent_server {

steady_ns estimate_exec_time() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return trace::now() - (spent.tv_sec * 1'000'000'000 + spent.tv_nsec);
}

} // namespace agent_server
