#include "actors/io/open_apart.hpp"

#include <fcntl.h>
#include <string>
#include <sys/stat.h>

namespace agent_server {

int open_apart(int fd, int access) {
  struct stat status {};
  if (fstat(fd, &status) != 0)
    return -1;
  // A regular file keeps its position in the description that is shared.
  if (!S_ISREG(status.st_mode)) {
    const auto path = "/proc/self/fd/" + std::to_string(fd);
    const auto apart =
      open(path.c_str(), access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (apart >= 0)
      return apart;
  }
  return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

} // namespace agent_server
