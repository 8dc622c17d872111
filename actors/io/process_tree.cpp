#include "actors/io/process_tree.hpp"

#include "actors/io/inherited_mark.hpp"
#include "actors/io/proc_file.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <dirent.h>
#include <memory>
#include <optional>
#include <string_view>
#include <unistd.h>
#include <unordered_set>

namespace agent_server {

namespace {

// Against processes that fork faster than they are killed.
constexpr int max_kill_rounds = 20;

bool contains(const std::vector<pid_t>& list, pid_t item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

std::optional<process_entry> read_entry(pid_t pid) {
  const auto stat = read_proc_file(pid, "/stat");
  // The name before the last parenthesis may hold anything.
  const auto end_of_name = stat.rfind(')');
  if (end_of_name == std::string::npos)
    return std::nullopt;
  process_entry entry;
  entry.pid = pid;
  char state = 0;
  if (std::sscanf(stat.c_str() + end_of_name + 1, " %c %d %d", &state,
                  &entry.parent, &entry.group)
      != 3)
    return std::nullopt;
  entry.zombie = state == 'Z' || state == 'X';
  return entry;
}

bool has_in_environment(pid_t pid, const std::string& marker) {
  const auto environment = read_proc_file(pid, "/environ");
  for (auto at = environment.find(marker); at != std::string::npos;
       at = environment.find(marker, at + 1)) {
    const auto end = at + marker.size();
    if ((at == 0 || environment[at - 1] == '\0')
        && (end == environment.size() || environment[end] == '\0'))
      return true;
  }
  return false;
}

} // namespace

std::vector<process_entry> running_processes(zombies which) {
  std::vector<process_entry> result;
  const auto closer = [](DIR* directory) { closedir(directory); };
  std::unique_ptr<DIR, decltype(closer)> directory{opendir("/proc"), closer};
  if (!directory)
    return result;
  while (const auto* entry = readdir(directory.get())) {
    const std::string_view name{entry->d_name};
    pid_t pid = 0;
    const auto* end = name.data() + name.size();
    if (std::from_chars(name.data(), end, pid).ptr != end)
      continue;
    const auto found = read_entry(pid);
    if (found && (which == zombies::included || !found->zombie))
      result.push_back(*found);
  }
  return result;
}

std::vector<pid_t> processes_of(const std::vector<pid_t>& groups,
                                const std::string& marker) {
  const auto self = getpid();
  const auto all = running_processes(zombies::excluded);
  const inherited_mark mark{marker};
  const auto is_marked = [&](pid_t pid) {
    return !marker.empty()
           && (has_in_environment(pid, marker) || mark.is_on(pid));
  };
  std::unordered_set<pid_t> found;
  for (const auto& process : all) {
    if (process.pid == self)
      continue;
    if (contains(groups, process.group) || is_marked(process.pid))
      found.insert(process.pid);
  }
  // The table has no order, so go on until a pass finds no further child.
  auto before = found.size() + 1;
  while (!found.empty() && before != found.size()) {
    before = found.size();
    for (const auto& process : all) {
      if (process.pid != self && found.count(process.parent) != 0)
        found.insert(process.pid);
    }
  }
  return {found.begin(), found.end()};
}

std::vector<pid_t> processes_of(pid_t group, const std::string& marker) {
  return processes_of(std::vector<pid_t>{group}, marker);
}

void signal_all(const std::vector<pid_t>& processes, int signal) {
  for (const auto pid : processes)
    kill(pid, signal);
}

void kill_processes_of(const std::vector<pid_t>& groups,
                       const std::string& marker) {
  std::unordered_set<pid_t> killed;
  for (int round = 0; round < max_kill_rounds; ++round) {
    bool found_new = false;
    for (const auto pid : processes_of(groups, marker)) {
      kill(pid, SIGKILL);
      found_new = killed.insert(pid).second || found_new;
    }
    if (!found_new)
      return;
  }
}

} // namespace agent_server
