#include "actors/log_records.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <unistd.h>

namespace agent_server::log_records {

namespace {

constexpr std::size_t block = 64u << 10;
constexpr std::size_t longest_head = 48;
// No entry is larger than a line of the agent's may be.
constexpr std::uint64_t largest_payload = 256u << 20;

/// Takes a number and the character behind it off the front of `text`.
bool take_number(std::string_view& text, char behind, std::uint64_t& value) {
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || stop == end || *stop != behind)
    return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
  return true;
}

} // namespace

std::string render(char kind, std::uint64_t number, std::string_view payload) {
  std::string out;
  out.reserve(payload.size() + longest_head);
  out += kind;
  out += ' ';
  out += std::to_string(payload.size());
  out += ' ';
  out += std::to_string(number);
  out += '\n';
  out += payload;
  out += '\n';
  return out;
}

bool write_at(int fd, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const auto written =
      ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return true;
}

bool reader::fill(std::size_t wanted) {
  if (buffer_.size() - at_ >= wanted)
    return true;
  buffer_.erase(0, at_);
  at_ = 0;
  while (buffer_.size() < wanted) {
    const auto had = buffer_.size();
    const auto more = std::max(block, wanted - had);
    buffer_.resize(had + more);
    const auto got =
      ::pread(fd_, buffer_.data() + had, more, static_cast<off_t>(read_to_));
    buffer_.resize(had + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    read_to_ += static_cast<std::uint64_t>(got);
  }
  return true;
}

bool reader::next(record& into) {
  fill(longest_head); // near the end there are fewer
  const auto ahead = std::string_view{buffer_}.substr(at_);
  auto head = ahead.substr(0, longest_head);
  if (head.size() < 2 || head[1] != ' ')
    return false;
  into.kind = head[0];
  head.remove_prefix(2);
  std::uint64_t size = 0;
  if (!take_number(head, ' ', size) || !take_number(head, '\n', into.number)
      || size > largest_payload)
    return false;
  const auto head_size = std::min(ahead.size(), longest_head) - head.size();
  const auto whole = head_size + static_cast<std::size_t>(size) + 1;
  if (!fill(whole) || buffer_[at_ + whole - 1] != '\n')
    return false;
  into.payload.assign(buffer_, at_ + head_size, static_cast<std::size_t>(size));
  at_ += whole;
  return true;
}

} // namespace agent_server::log_records
