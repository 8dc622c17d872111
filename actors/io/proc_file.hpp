#pragma once

#include <string>
#include <sys/types.h>

namespace agent_server {

/// The whole of /proc/<pid><file>; empty when it cannot be read.
std::string read_proc_file(pid_t pid, const char* file);

} // namespace agent_server
