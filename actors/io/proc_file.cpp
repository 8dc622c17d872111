#include "actors/io/proc_file.hpp"

#include <cstddef>
#include <fcntl.h>
#include <unistd.h>

namespace agent_server {

std::string read_proc_file(pid_t pid, const char* file) {
  std::string result;
  const auto path = "/proc/" + std::to_string(pid) + file;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return result;
  constexpr std::size_t piece = 4096;
  while (true) {
    const auto size = result.size();
    result.resize(size + piece);
    const auto count = read(fd, result.data() + size, piece);
    result.resize(size + (count > 0 ? static_cast<std::size_t>(count) : 0));
    if (count <= 0)
      break;
  }
  close(fd);
  return result;
}

} // namespace agent_server
