#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace agent_server {

/// The longest line taken from an agent, in bytes.
constexpr std::size_t max_agent_line = 32u << 20;

/// How a child process is started.
struct launch_plan {
  /// Absolute path of the executable.
  std::string program;
  /// argv, with argv[0].
  std::vector<std::string> arguments;
  /// The whole environment, `NAME=value`.
  std::vector<std::string> environment;
  std::string directory;
  /// The entry of `environment` by which the process and all that descend from
  /// it are found again; may be empty.
  std::string mark = {};

  bool operator==(const launch_plan&) const = default;
};

/// Starts a process in place of the one that runs; the old one is ended without
/// a word to the owner. `generation` numbers the processes of one
/// child_process.
struct start_process {
  std::uint32_t generation = 0;
  launch_plan plan;
};

/// Writes one line, newline included, to the process. Ignored when the
/// generation is not the running one.
struct write_line {
  std::uint32_t generation = 0;
  std::shared_ptr<const std::string> line;
};

/// Ends the process and its group: end of input, TERM when `patience` is over,
/// and KILL after `grace`. Answered when nothing of it is left.
struct stop_process {
  std::chrono::milliseconds grace{1'000};
  /// For a process that has something to save when its input ends.
  std::chrono::milliseconds patience{0};
};
struct process_stopped {};

/// A line of the process's output, without its newline.
struct process_line {
  std::uint32_t generation = 0;
  std::shared_ptr<const std::string> line;
};

/// The process can be talked to no more: it ended, could not be started, closed
/// its output, or wrote a line beyond `max_agent_line`.
struct process_gone {
  std::uint32_t generation = 0;
  /// A sentence such as "exited with status 3" or "was killed by signal 9".
  std::string how;
  /// The last 64 KiB of its standard error.
  std::string stderr_tail;
  /// It could not be started at all.
  bool not_started = false;
  /// It broke the line protocol (a line without end).
  bool misbehaved = false;
};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::start_process)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::write_line)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::stop_process)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::process_stopped)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::process_line)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::process_gone)
