#pragma once

#include "messages/event_stream.hpp"

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace agent_server {

/// How much of the disk the events may take.
struct spool_limits {
  static constexpr std::uint64_t max_bytes = 256u << 20;
  static constexpr std::uint64_t segment_bytes = 16u << 20;
  static constexpr std::size_t max_segments = 1'000;

  /// When there are more bytes or segments, the oldest segment goes.
  std::uint64_t bytes = max_bytes;
  /// A segment that is this large is followed by a new one.
  std::uint64_t segment = segment_bytes;
  std::size_t segments = max_segments;
};

/// Events in files: `<epoch>.<first number>.sse`, which hold the very lines
/// that a client with ids is sent, and `received`. Blocks on the disk.
class spool_files {
public:
  explicit spool_files(std::string directory, spool_limits limits = {})
    : directory_(std::move(directory)), limits_(limits) {}
  ~spool_files();
  spool_files(const spool_files&) = delete;
  spool_files& operator=(const spool_files&) = delete;

  /// Finds what is there. `now` is what the epoch would be if there were
  /// nothing. Error: `ec::bad_config`, naming the file.
  caf::expected<spool_opened> open(std::uint64_t now);

  /// Writes events that are numbered and have ids. After an error, which names
  /// the file, those that were not written whole are missing.
  caf::error append(const frame_list& frames);

  /// Events from a number on, without their types.
  frame_list read(std::uint64_t from, std::size_t max_bytes);

  void note_received(std::uint64_t seq);

  /// Descriptors of files that were written to since the last call; the
  /// caller's to close.
  std::vector<int> take_unsynced();

  std::uint64_t bytes() const { return bytes_; }

private:
  /// Where in a segment an event begins, for one in so many.
  struct mark {
    std::uint64_t seq = 0;
    std::uint64_t offset = 0;
  };

  struct segment {
    std::uint64_t epoch = 0;
    std::uint64_t first = 0;
    std::uint64_t size = 0;
    bool indexed = false;
    std::uint64_t last = 0; // when indexed
    std::vector<mark> marks{};
  };

  std::string path_of(const segment& of) const;
  void list_segments();
  void index(segment& which) const;
  caf::error begin_segment(const stream_frame& first);
  caf::error write_out(std::string_view bytes);
  caf::error failed(const std::string& path);
  void make_room();
  void drop_oldest();
  bool read_from(segment& which, std::uint64_t from, std::size_t max_bytes,
                 frame_list& into);

  std::string directory_;
  spool_limits limits_;
  std::deque<segment> segments_; // by number
  std::uint64_t bytes_ = 0;
  int fd_ = -1; // of the last segment, once this server has one
  int received_fd_ = -1;
  bool dirty_ = false;
  std::vector<int> retired_; // full segments that were not put on the disk yet
};

} // namespace agent_server
