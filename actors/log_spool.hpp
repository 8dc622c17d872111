#pragma once

#include <caf/error.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agent_server {

/// Bounds of the spool: what is pending may take this much of the disk; what
/// was taken is cleared away once it is this much and more than what is not.
constexpr std::uint64_t max_spool_bytes = 1u << 30;
constexpr std::uint64_t spool_waste = 8u << 20;

/// Log entries on disk, in order, until the control plane has taken them. What
/// was appended survives the end of the process at any moment (not that of the
/// machine). Blocks on the file; one process has it at a time.
class log_spool {
public:
  /// The oldest entries that are pending.
  struct batch {
    std::vector<std::shared_ptr<const std::string>> entries;
    /// They were sent before, and whether they were taken is not known.
    bool repeated = false;
    /// The file's offset behind the last one.
    std::uint64_t end = 0;
  };

  /// The pieces of a message that was not whole yet.
  struct open_text {
    std::chrono::system_clock::time_point at; // of the first piece
    std::string text;
  };

  log_spool() = default;
  ~log_spool();
  log_spool(const log_spool&) = delete;
  log_spool& operator=(const log_spool&) = delete;

  /// Opens the file, or makes it, readable by the owner alone, and takes up
  /// what an earlier process left. Error: `ec::bad_config`, naming it.
  caf::error open(std::string path);
  bool is_open() const { return fd_ >= 0; }

  /// What an earlier process had of a message that was not whole; once.
  std::optional<open_text> take_open_text() {
    return std::exchange(open_text_, std::nullopt);
  }

  /// Appends an entry (one line of JSON). It stands for all pieces before it.
  caf::error append(std::string_view entry);
  /// Appends a piece of a message that is not whole yet.
  caf::error append_piece(std::chrono::system_clock::time_point at,
                          std::string_view text);

  std::uint64_t pending() const { return pending_; }

  /// Reads the oldest entries: one at least, and no more than the bounds allow.
  /// Those that may have been delivered come without others.
  caf::error read(batch& into, std::size_t max_entries,
                  std::size_t max_bytes) const;

  /// Each batch is about to be sent, and then was taken (or never will be), or
  /// was not taken, or its answer was lost. What fails to be written only lets
  /// a later process repeat more than it must.
  void sending(const batch& which);
  void taken(const batch& which);
  void not_taken();
  void answer_lost(const batch& which);

private:
  caf::error failure(const char* what) const;
  caf::error lock();
  caf::error recover();
  caf::error append_record(char kind, std::uint64_t number,
                           std::string_view payload);
  void note(char kind, std::uint64_t number);
  void clear_away();
  void compact();

  std::string path_;
  int fd_ = -1;
  std::uint64_t head_ = 0; // offset of the oldest pending entry, or before it
  std::uint64_t end_ = 0;
  std::uint64_t pending_ = 0;
  /// How many of the oldest may have been delivered.
  std::uint64_t unsure_ = 0;
  bool has_pieces_ = false;
  std::optional<open_text> open_text_;
};

} // namespace agent_server
