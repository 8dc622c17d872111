#include "actors/spool_records.hpp"

#include "messages/wire/stream_frame.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace agent_server {

namespace {

constexpr std::size_t piece = 256u << 10;
constexpr std::string_view id_field = "id: ";
constexpr std::string_view record_end = "\n\n";

} // namespace

spool_records::spool_records(const std::string& path, std::uint64_t offset)
  : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), read_to_(offset),
    next_offset_(offset) {}

spool_records::~spool_records() {
  if (fd_ >= 0)
    ::close(fd_);
}

bool spool_records::fill() {
  if (fd_ < 0)
    return false;
  buffer_.erase(0, begin_);
  begin_ = 0;
  const auto had = buffer_.size();
  buffer_.resize(had + piece);
  auto got =
    ::pread(fd_, buffer_.data() + had, piece, static_cast<off_t>(read_to_));
  while (got < 0 && errno == EINTR)
    got =
      ::pread(fd_, buffer_.data() + had, piece, static_cast<off_t>(read_to_));
  buffer_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  read_to_ += buffer_.size() - had;
  return got > 0;
}

bool spool_records::next() {
  std::size_t looked = 0;
  for (;;) {
    const auto end = buffer_.find(record_end, begin_ + looked);
    if (end != std::string::npos) {
      const auto record = std::string_view{buffer_}.substr(
        begin_, end + record_end.size() - begin_);
      const auto line = record.find('\n');
      id_ = record.substr(0, line + 1);
      data_ = record.substr(line + 1);
      if (id_.substr(0, id_field.size()) != id_field)
        return false;
      const auto id =
        parse_event_id(id_.substr(id_field.size(), line - id_field.size()));
      if (!id)
        return false;
      epoch_ = id->epoch;
      seq_ = id->seq;
      offset_ = next_offset_;
      next_offset_ += record.size();
      begin_ += record.size();
      return true;
    }
    looked = buffer_.size() - begin_;
    looked -= std::min<std::size_t>(looked, 1); // half of a record's end
    if (!fill())
      return false;
  }
}

} // namespace agent_server
