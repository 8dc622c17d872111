#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Records of the session log's spool. Each is a line `<kind> <size> <number>`,
/// `size` bytes, and a newline.
namespace agent_server::log_records {

/// The kinds: an entry; a piece of a message, which the next entry stands for,
/// with its time in ms; how many of the oldest entries may have been delivered;
/// how many of the oldest were taken.
constexpr char entry = 'E';
constexpr char piece = 'P';
constexpr char unsure = 'U';
constexpr char taken = 'T';

/// The first line of a file.
constexpr std::string_view heading = "agent-server session log 1\n";

struct record {
  char kind = entry;
  std::uint64_t number = 0;
  std::string payload;
};

std::string render(char kind, std::uint64_t number, std::string_view payload);

/// Writes all of `bytes` at `offset`; false when the file could not take them.
bool write_at(int fd, std::string_view bytes, std::uint64_t offset);

/// Reads records one after another from an offset of a file.
class reader {
public:
  reader(int fd, std::uint64_t offset) : fd_(fd), read_to_(offset) {}

  /// False at the end, and where no whole record follows.
  bool next(record& into);

  /// The offset behind the last record.
  std::uint64_t offset() const { return read_to_ - (buffer_.size() - at_); }

private:
  /// Sees to it that this many bytes lie ahead.
  bool fill(std::size_t wanted);

  int fd_;
  std::uint64_t read_to_;
  std::string buffer_;
  std::size_t at_ = 0;
};

} // namespace agent_server::log_records
