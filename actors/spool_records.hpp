#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace agent_server {

/// Reads a segment of the spool record by record: `id: …`, `data: …` and a
/// blank line. A record that was cut short ends the file.
class spool_records {
public:
  /// Begins at `offset`, where a record begins. A file that cannot be opened
  /// is an empty one.
  spool_records(const std::string& path, std::uint64_t offset);
  ~spool_records();
  spool_records(const spool_records&) = delete;
  spool_records& operator=(const spool_records&) = delete;

  /// Goes on to the next record; false at the end.
  bool next();

  std::uint64_t offset() const { return offset_; }
  std::uint64_t epoch() const { return epoch_; }
  std::uint64_t seq() const { return seq_; }
  /// The id line and the rest, valid until the next call.
  std::string_view id() const { return id_; }
  std::string_view data() const { return data_; }
  std::uint64_t size() const { return id_.size() + data_.size(); }

private:
  bool fill();

  int fd_;
  std::uint64_t read_to_;    // in the file
  std::uint64_t offset_ = 0; // of the record, in the file
  std::uint64_t next_offset_;
  std::string buffer_;
  std::size_t begin_ = 0; // of what is not yet used, in the buffer
  std::uint64_t epoch_ = 0;
  std::uint64_t seq_ = 0;
  std::string_view id_;
  std::string_view data_;
};

} // namespace agent_server
