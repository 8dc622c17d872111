#include "actors/spool_files.hpp"

#include "actors/spool_records.hpp"
#include "messages/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <tuple>
#include <unistd.h>

namespace agent_server {

namespace {

namespace fs = std::filesystem;

// One mark for so many bytes: reading on from any event begins near it.
constexpr std::uint64_t mark_every = 64u << 10;
// What is gathered before it is written.
constexpr std::size_t write_piece = 256u << 10;

bool read_number(std::string_view& text, std::uint64_t& into) {
  const auto parsed =
    std::from_chars(text.data(), text.data() + text.size(), into);
  if (parsed.ec != std::errc{})
    return false;
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  return true;
}

int make_file(const std::string& path, int flags) {
  return ::open(path.c_str(), flags | O_CREAT | O_CLOEXEC, 0600);
}

} // namespace

spool_files::~spool_files() {
  if (fd_ >= 0)
    ::close(fd_);
  if (received_fd_ >= 0)
    ::close(received_fd_);
  for (const auto fd : retired_)
    ::close(fd);
}

std::string spool_files::path_of(const segment& of) const {
  // As wide as any number, so that a listing is in order.
  std::array<char, 64> name{};
  std::snprintf(name.data(), name.size(), "/%020llu.%020llu.sse",
                static_cast<unsigned long long>(of.epoch),
                static_cast<unsigned long long>(of.first));
  return directory_ + name.data();
}

caf::error spool_files::failed(const std::string& path) {
  return make_failure(ec::bad_config,
                      path + " cannot be written: " + std::strerror(errno));
}

void spool_files::list_segments() {
  std::error_code problem;
  for (fs::directory_iterator at{directory_, problem}, end; at != end;
       at.increment(problem)) {
    if (problem)
      break;
    const auto name = at->path().filename().string();
    std::string_view rest{name};
    segment found;
    if (!read_number(rest, found.epoch) || rest.substr(0, 1) != ".")
      continue;
    rest.remove_prefix(1);
    if (!read_number(rest, found.first) || rest != ".sse")
      continue;
    found.size = at->file_size(problem);
    if (!problem)
      segments_.push_back(std::move(found));
  }
  std::sort(segments_.begin(), segments_.end(),
            [](const segment& a, const segment& b) {
              return std::tie(a.first, a.epoch) < std::tie(b.first, b.epoch);
            });
}

void spool_files::index(segment& which) const {
  if (which.indexed)
    return;
  which.indexed = true;
  which.last = which.first - 1;
  spool_records records{path_of(which), 0};
  while (records.next()) {
    which.last = records.seq();
    if (which.marks.empty()
        || records.offset() - which.marks.back().offset >= mark_every)
      which.marks.push_back({records.seq(), records.offset()});
  }
}

caf::expected<spool_opened> spool_files::open(std::uint64_t now) {
  std::error_code problem;
  fs::create_directories(directory_, problem);
  const auto received_path = directory_ + "/received";
  received_fd_ = make_file(received_path, O_RDWR);
  if (received_fd_ < 0)
    return failed(received_path);
  list_segments();
  // What ended before its first event was whole holds nothing.
  while (!segments_.empty()) {
    index(segments_.back());
    if (!segments_.back().marks.empty())
      break;
    ::unlink(path_of(segments_.back()).c_str());
    segments_.pop_back();
  }
  spool_opened result;
  result.epoch = now;
  for (const auto& each : segments_) {
    bytes_ += each.size;
    if (!result.earlier.empty()) {
      result.earlier.back().last = each.first - 1;
      if (result.earlier.back().epoch == each.epoch)
        continue;
    }
    result.earlier.push_back({each.epoch, each.first, 0});
    result.epoch = std::max(result.epoch, each.epoch + 1);
  }
  if (!segments_.empty()) {
    result.earlier.back().last = segments_.back().last;
    result.next = segments_.back().last + 1;
  }
  std::ifstream received{received_path};
  received >> result.received;
  result.received = std::min(result.received, result.next - 1);
  return result;
}

caf::error spool_files::begin_segment(const stream_frame& first) {
  while (!segments_.empty() && bytes_ + limits_.segment > limits_.bytes)
    drop_oldest();
  if (fd_ >= 0) {
    retired_.push_back(fd_);
    fd_ = -1;
  }
  segment next;
  next.epoch = first.epoch;
  next.first = first.seq;
  next.last = first.seq - 1;
  next.indexed = true;
  const auto path = path_of(next);
  fd_ = make_file(path, O_WRONLY | O_APPEND | O_TRUNC);
  if (fd_ < 0)
    return failed(path);
  segments_.push_back(std::move(next));
  return {};
}

caf::error spool_files::write_out(std::string_view bytes) {
  auto& into = segments_.back();
  const auto whole = bytes.size();
  while (!bytes.empty()) {
    const auto written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0) {
      auto error = failed(path_of(into));
      // A half record would hide those behind it: the next one begins a file
      // of its own, unless this one can be mended.
      if (::ftruncate(fd_, static_cast<off_t>(into.size)) != 0) {
        retired_.push_back(fd_);
        fd_ = -1;
      }
      return error;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  into.size += whole;
  bytes_ += whole;
  dirty_ = true;
  return {};
}

caf::error spool_files::append(const frame_list& frames) {
  std::string gathered;
  frame_list::size_type from = 0; // of those that are gathered
  const auto write_gathered = [&](frame_list::size_type until) -> caf::error {
    if (gathered.empty())
      return {};
    auto& into = segments_.back();
    auto offset = into.size;
    if (auto problem = write_out(gathered))
      return problem;
    for (; from < until; ++from) {
      const auto& frame = *frames[from];
      into.last = frame.seq;
      if (into.marks.empty() || offset - into.marks.back().offset >= mark_every)
        into.marks.push_back({frame.seq, offset});
      offset += frame.id->size() + frame.data->size();
    }
    gathered.clear();
    return {};
  };
  for (frame_list::size_type i = 0; i < frames.size(); ++i) {
    const auto& frame = *frames[i];
    if (fd_ < 0 || segments_.back().size + gathered.size() >= limits_.segment) {
      if (auto problem = write_gathered(i))
        return problem;
      if (auto problem = begin_segment(frame))
        return problem;
      from = i;
    }
    gathered += *frame.id;
    gathered += *frame.data;
    if (gathered.size() >= write_piece)
      if (auto problem = write_gathered(i + 1))
        return problem;
  }
  if (auto problem = write_gathered(frames.size()))
    return problem;
  make_room();
  return {};
}

void spool_files::make_room() {
  while (segments_.size() > 1
         && (bytes_ > limits_.bytes || segments_.size() > limits_.segments))
    drop_oldest();
}

void spool_files::drop_oldest() {
  const auto& oldest = segments_.front();
  ::unlink(path_of(oldest).c_str());
  bytes_ -= oldest.size;
  segments_.pop_front();
}

bool spool_files::read_from(segment& which, std::uint64_t from,
                            std::size_t max_bytes, frame_list& into) {
  index(which);
  if (which.marks.empty() || which.last < from)
    return false;
  const auto behind = std::upper_bound(
    which.marks.begin(), which.marks.end(), from,
    [](std::uint64_t seq, const mark& at) { return seq < at.seq; });
  const auto offset =
    behind == which.marks.begin() ? 0 : std::prev(behind)->offset;
  spool_records records{path_of(which), offset};
  std::uint64_t read = 0;
  while (read < max_bytes && records.next()) {
    if (records.seq() < from)
      continue;
    auto frame = std::make_shared<stream_frame>();
    frame->epoch = records.epoch();
    frame->seq = records.seq();
    frame->id = std::make_shared<const std::string>(records.id());
    frame->data = std::make_shared<const std::string>(records.data());
    read += records.size();
    into.push_back(std::move(frame));
  }
  return !into.empty();
}

frame_list spool_files::read(std::uint64_t from, std::size_t max_bytes) {
  frame_list result;
  auto at = std::upper_bound(
    segments_.begin(), segments_.end(), from,
    [](std::uint64_t seq, const segment& each) { return seq < each.first; });
  if (at != segments_.begin())
    --at;
  while (at != segments_.end() && !read_from(*at, from, max_bytes, result))
    ++at;
  return result;
}

void spool_files::note_received(std::uint64_t seq) {
  std::array<char, 32> text{};
  const auto size = std::snprintf(text.data(), text.size(), "%020llu\n",
                                  static_cast<unsigned long long>(seq));
  // Losing it means that a client gets again what another has received.
  if (::pwrite(received_fd_, text.data(), static_cast<std::size_t>(size), 0)
      < 0)
    return;
}

std::vector<int> spool_files::take_unsynced() {
  auto result = std::move(retired_);
  retired_.clear();
  if (dirty_ && fd_ >= 0) {
    const auto copy = ::fcntl(fd_, F_DUPFD_CLOEXEC, 0);
    if (copy >= 0)
      result.push_back(copy);
  }
  dirty_ = false;
  return result;
}

} // namespace agent_server
