#include "actors/io/private_file.hpp"

#include "messages/error.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace agent_server {

namespace {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

} // namespace

caf::error write_private_file(const std::string& path, std::string_view text) {
  ::unlink(path.c_str());
  const int fd =
    ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  // The mode given to open() is cut by the umask.
  const bool written =
    fd >= 0 && ::fchmod(fd, 0600) == 0 && write_all(fd, text);
  const auto problem = errno;
  if (fd >= 0)
    ::close(fd);
  if (written)
    return {};
  return make_failure(ec::bad_config,
                      path + " cannot be written: " + std::strerror(problem));
}

} // namespace agent_server
