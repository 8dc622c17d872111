#pragma once

#include "actors/io/process_tree.hpp"
#include "messages/process.hpp"

#include <algorithm>
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
inline launch_plan shell(std::string script, std::string mark = {}) {
  launch_plan plan;
  plan.program = "/bin/sh";
  plan.arguments = {"sh", "-c", std::move(script)};
  plan.environment = {"PATH=/usr/bin:/bin"};
  if (!mark.empty())
    plan.environment.push_back(mark);
  plan.directory = "/tmp";
  plan.mark = std::move(mark);
  return plan;
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

/// Whether neither its group nor its ancestors lead from a process to `agent`.
inline bool is_on_its_own(pid_t process, pid_t agent) {
  const auto related = processes_of(agent, {});
  return std::find(related.begin(), related.end(), process) == related.end();
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
