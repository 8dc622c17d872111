#include "actors/io/body_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace agent_server {

body_file::body_file(std::string path) : path_(std::move(path)) {
  unlink(path_.c_str());
  fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd_ < 0)
    note_problem();
}

body_file::~body_file() {
  close(false);
}

bool body_file::append(std::string_view bytes) {
  while (problem_.empty() && !bytes.empty()) {
    const auto written = write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      note_problem();
    else
      bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return problem_.empty();
}

bool body_file::close(bool whole) {
  const int fd = std::exchange(fd_, -1);
  if (fd < 0)
    return problem_.empty();
  if (::close(fd) != 0 && problem_.empty())
    note_problem();
  if (!whole || !problem_.empty())
    unlink(path_.c_str());
  return problem_.empty();
}

void body_file::note_problem() {
  problem_ = path_ + " cannot be written: " + std::strerror(errno);
}

} // namespace agent_server
