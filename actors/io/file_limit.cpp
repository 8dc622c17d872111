#include "actors/io/file_limit.hpp"

#include <optional>
#include <sys/resource.h>

namespace agent_server {

namespace {

struct limits {
  rlimit original{};
  rlimit raised{};
};

// Set once from main, before there are threads.
std::optional<limits> changed;

} // namespace

std::size_t raise_file_limit() {
  rlimit now{};
  if (getrlimit(RLIMIT_NOFILE, &now) != 0)
    return 0;
  auto wanted = now;
  wanted.rlim_cur = now.rlim_max;
  if (wanted.rlim_cur == now.rlim_cur || setrlimit(RLIMIT_NOFILE, &wanted) != 0)
    return now.rlim_cur;
  changed = limits{now, wanted};
  return wanted.rlim_cur;
}

original_file_limit::original_file_limit() {
  if (changed)
    setrlimit(RLIMIT_NOFILE, &changed->original);
}

original_file_limit::~original_file_limit() {
  if (changed)
    setrlimit(RLIMIT_NOFILE, &changed->raised);
}

} // namespace agent_server
