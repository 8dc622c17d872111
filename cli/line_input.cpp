#include "cli/line_input.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace agent_server {

std::optional<std::string> line_input::next() {
  while (!has_line() && !ended_)
    read_more();
  if (buffer_.empty())
    return std::nullopt;
  const auto end = std::min(buffer_.find('\n', searched_), buffer_.size());
  auto line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  searched_ = 0;
  return line;
}

bool line_input::wait(std::chrono::steady_clock::time_point until) {
  using namespace std::chrono;
  while (!has_line() && !ended_) {
    const auto left = ceil<milliseconds>(until - steady_clock::now()).count();
    pollfd entry{fd_, POLLIN, 0};
    const auto ready = poll(&entry, 1, static_cast<int>(std::max(left, 0L)));
    if (ready == 0)
      return false;
    if (ready > 0)
      read_more();
    else if (errno != EINTR)
      ended_ = true;
  }
  return true;
}

bool line_input::has_line() {
  const auto newline = buffer_.find('\n', searched_);
  searched_ = std::min(newline, buffer_.size());
  return newline != std::string::npos;
}

void line_input::read_more() {
  std::array<char, 16u << 10> bytes;
  const auto count = read(fd_, bytes.data(), bytes.size());
  if (count > 0)
    buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  else if (count == 0 || errno != EINTR)
    ended_ = true;
}

} // namespace agent_server
