#pragma once

#include "messages/process.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/types.h>
#include <thread>
#include <utility>
#include <vector>

namespace agent_server::test {

/// A plan that runs `script` by /bin/sh.
inline launch_plan shell(std::string script,
                         std::vector<std::string> environment = {}) {
  environment.emplace_back("PATH=/usr/bin:/bin");
  return {
    "/bin/sh", {"sh", "-c", std::move(script)}, std::move(environment), "/tmp"};
}

inline std::string read_text(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// Whether the process runs; a zombie does not.
inline bool runs(pid_t pid) {
  const auto stat = read_text("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = stat.rfind(')');
  return name_end != std::string::npos && stat[name_end + 2] != 'Z'
         && stat[name_end + 2] != 'X';
}

template <class Condition>
bool wait_until(Condition condition,
                std::chrono::milliseconds limit = std::chrono::milliseconds{
                  10'000}) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

/// The process id that a script wrote into `path`, once it is there.
inline pid_t pid_in(const std::string& path) {
  std::string text;
  wait_until([&] {
    text = read_text(path);
    return !text.empty() && text.back() == '\n';
  });
  return text.empty() ? -1 : std::stoi(text);
}

} // namespace agent_server::test
