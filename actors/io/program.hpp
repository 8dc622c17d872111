#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace agent_server {

/// A program that is run to its end. No shell is started and no PATH searched.
struct program_call {
  /// Absolute path of the executable.
  std::string program;
  /// argv, with argv[0].
  std::vector<std::string> arguments;
  /// The whole environment, `NAME=value`.
  std::vector<std::string> environment;
  std::string directory;
  /// What it reads: this text, or the file when one is named.
  std::string input = {};
  std::string input_file = {};
  /// When it and what it started are killed.
  std::chrono::milliseconds limit{30'000};
  /// How many bytes of output it may write.
  std::size_t max_output = 64u << 20;
};

struct program_result {
  enum class outcome : std::uint8_t { ended, not_started, too_slow, too_much };
  outcome how = outcome::ended;
  /// The exit status; 128 and the signal's number when one killed it.
  int status = 0;
  std::string output;
  /// The first 16 KiB of its standard error, or why it was not started.
  std::string error_output;

  bool ok() const { return how == outcome::ended && status == 0; }
};

/// Runs a program and waits for it: only on a thread that may block. It stays
/// in the caller's process group.
program_result run_program(const program_call& call);

} // namespace agent_server
