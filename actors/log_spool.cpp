#include "actors/log_spool.hpp"

#include "actors/log_records.hpp"
#include "messages/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace agent_server {

namespace {

using log_records::heading;
using std::chrono::milliseconds;
using std::chrono::system_clock;

std::uint64_t to_number(system_clock::time_point at) {
  const auto since = at.time_since_epoch();
  return static_cast<std::uint64_t>(
    std::chrono::duration_cast<milliseconds>(since).count());
}

system_clock::time_point to_time(std::uint64_t number) {
  return system_clock::time_point{
    milliseconds{static_cast<milliseconds::rep>(number)}};
}

int open_file(const std::string& path, int flags) {
  const int fd = ::open(
    path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
  if (fd >= 0 && ::fchmod(fd, 0600) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

/// Whether `fd` is what the path names now: its last owner may have put
/// another file in its place.
bool is_at(int fd, const std::string& path) {
  struct stat mine {};
  struct stat there {};
  return ::fstat(fd, &mine) == 0 && ::stat(path.c_str(), &there) == 0
         && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

} // namespace

log_spool::~log_spool() {
  if (fd_ >= 0)
    ::close(fd_);
}

caf::error log_spool::failure(const char* what) const {
  return make_failure(ec::bad_config,
                      path_ + " " + what + ": " + std::strerror(errno));
}

caf::error log_spool::open(std::string path) {
  path_ = std::move(path);
  fd_ = open_file(path_, 0);
  if (fd_ < 0)
    return failure("cannot be opened");
  auto problem = lock();
  if (!problem)
    problem = recover();
  if (problem) {
    ::close(fd_);
    fd_ = -1;
  }
  return problem;
}

caf::error log_spool::lock() {
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0)
    return failure("is in use by another server");
  errno = ESTALE;
  return is_at(fd_, path_) ? caf::error{} : failure("was replaced");
}

caf::error log_spool::recover() {
  std::string found(heading.size(), '\0');
  const auto size = ::pread(fd_, found.data(), found.size(), 0);
  if (size == 0) {
    if (!log_records::write_at(fd_, heading, 0))
      return failure("cannot be written");
  } else if (found != heading) {
    errno = EINVAL;
    return failure("is no session log; move it away");
  }
  std::uint64_t entries = 0;
  std::uint64_t taken = 0;
  unsure_ = 0;
  log_records::record next;
  log_records::reader all{fd_, heading.size()};
  while (all.next(next)) {
    if (next.kind == log_records::entry) {
      ++entries;
      open_text_.reset();
    } else if (next.kind == log_records::piece) {
      if (!open_text_)
        open_text_.emplace(open_text{to_time(next.number), {}});
      open_text_->text += next.payload;
    } else if (next.kind == log_records::unsure) {
      unsure_ = next.number;
    } else if (next.kind == log_records::taken) {
      taken += next.number;
      unsure_ -= std::min(unsure_, next.number);
    }
  }
  // What follows was being written when the process ended.
  end_ = all.offset();
  if (::ftruncate(fd_, static_cast<off_t>(end_)) != 0)
    return failure("cannot be written");
  taken = std::min(taken, entries);
  pending_ = entries - taken;
  unsure_ = std::min(unsure_, pending_);
  has_pieces_ = open_text_.has_value();
  log_records::reader again{fd_, heading.size()};
  head_ = heading.size();
  while (taken > 0 && again.next(next)) {
    head_ = again.offset();
    if (next.kind == log_records::entry)
      --taken;
  }
  clear_away();
  return {};
}

caf::error log_spool::append_record(char kind, std::uint64_t number,
                                    std::string_view payload) {
  if (!is_open())
    return make_failure(ec::bad_config, path_ + " is not open");
  const auto bytes = log_records::render(kind, number, payload);
  if (!log_records::write_at(fd_, bytes, end_)) {
    auto problem = failure("cannot be written");
    if (::ftruncate(fd_, static_cast<off_t>(end_)) != 0)
      return failure("cannot be cut");
    return problem;
  }
  end_ += bytes.size();
  return {};
}

caf::error log_spool::append(std::string_view entry) {
  if (end_ - head_ + entry.size() > max_spool_bytes)
    return make_failure(ec::bad_config,
                        path_
                          + " is full: the control plane has taken no log "
                            "entries for too long");
  auto problem = append_record(log_records::entry, 0, entry);
  if (!problem) {
    ++pending_;
    has_pieces_ = false;
  }
  return problem;
}

caf::error log_spool::append_piece(system_clock::time_point at,
                                   std::string_view text) {
  if (end_ - head_ + text.size() > max_spool_bytes)
    return make_failure(ec::bad_config, path_ + " is full");
  auto problem = append_record(log_records::piece, to_number(at), text);
  if (!problem)
    has_pieces_ = true;
  return problem;
}

caf::error log_spool::read(batch& into, std::size_t max_entries,
                           std::size_t max_bytes) const {
  into = {};
  into.repeated = unsure_ > 0;
  const auto most =
    std::min<std::uint64_t>(std::min<std::uint64_t>(max_entries, pending_),
                            into.repeated ? unsure_ : pending_);
  std::size_t bytes = 0;
  log_records::record next;
  log_records::reader records{fd_, head_};
  while (into.entries.size() < most && records.next(next)) {
    if (next.kind != log_records::entry)
      continue;
    bytes += next.payload.size();
    if (!into.entries.empty() && bytes > max_bytes)
      break;
    into.entries.push_back(
      std::make_shared<const std::string>(std::move(next.payload)));
    into.end = records.offset();
  }
  if (into.entries.empty() && pending_ > 0)
    return make_failure(ec::internal, path_ + " cannot be read");
  return {};
}

void log_spool::note(char kind, std::uint64_t number) {
  const auto bytes = log_records::render(kind, number, {});
  if (log_records::write_at(fd_, bytes, end_))
    end_ += bytes.size();
}

void log_spool::sending(const batch& which) {
  note(log_records::unsure,
       std::max<std::uint64_t>(unsure_, which.entries.size()));
}

void log_spool::not_taken() {
  note(log_records::unsure, unsure_);
}

void log_spool::answer_lost(const batch& which) {
  unsure_ = std::max<std::uint64_t>(unsure_, which.entries.size());
}

void log_spool::taken(const batch& which) {
  const std::uint64_t count = which.entries.size();
  note(log_records::taken, count);
  pending_ -= std::min(pending_, count);
  unsure_ -= std::min(unsure_, count);
  head_ = which.end;
  clear_away();
}

void log_spool::clear_away() {
  const auto waste = head_ - heading.size();
  if (pending_ == 0 && !has_pieces_) {
    if (::ftruncate(fd_, static_cast<off_t>(heading.size())) == 0)
      head_ = end_ = heading.size();
  } else if (waste > spool_waste && waste > end_ - head_) {
    compact();
  }
}

// Copies what is pending into a new file. Until that has taken the old one's
// place, the old one counts.
void log_spool::compact() {
  const auto fresh = path_ + ".new";
  const int fd = open_file(fresh, O_TRUNC);
  if (fd < 0)
    return;
  std::uint64_t at = heading.size();
  bool written = ::flock(fd, LOCK_EX | LOCK_NB) == 0
                 && log_records::write_at(fd, heading, 0);
  auto copy = [&](char kind, std::uint64_t number, std::string_view payload) {
    const auto bytes = log_records::render(kind, number, payload);
    written = written && log_records::write_at(fd, bytes, at);
    at += bytes.size();
  };
  log_records::record next;
  log_records::reader records{fd_, head_};
  while (written && records.next(next))
    if (next.kind == log_records::entry || next.kind == log_records::piece)
      copy(next.kind, next.number, next.payload);
  written = written && records.offset() == end_;
  copy(log_records::unsure, unsure_, {});
  if (!written || ::rename(fresh.c_str(), path_.c_str()) != 0) {
    ::unlink(fresh.c_str());
    ::close(fd);
    return;
  }
  ::close(fd_);
  fd_ = fd;
  head_ = heading.size();
  end_ = at;
}

} // namespace agent_server
