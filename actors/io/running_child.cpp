#include "actors/io/running_child.hpp"

#include "actors/trace/recorder.hpp"

#include <algorithm>
#include <asio/buffer.hpp>
#include <asio/write.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace agent_server {

namespace {

constexpr std::string_view newline{"\n"};

std::string describe_exit(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED)
    return "exited with status " + std::to_string(info.si_status);
  const char* name = sigabbrev_np(info.si_status);
  return "was killed by signal " + std::to_string(info.si_status) + " (SIG"
         + (name != nullptr ? name : "?") + ")";
}

std::size_t readable_bytes(int fd) {
  int count = 0;
  return ioctl(fd, FIONREAD, &count) == 0 && count > 0
           ? static_cast<std::size_t>(count)
           : 0;
}

} // namespace

running_child::running_child(asio::io_context& io, const spawned_child& child)
  : exit_(io, child.pidfd), input_(io, child.stdin_fd),
    output_(io, child.stdout_fd), errors_(io, child.stderr_fd), grace_(io),
    pid_(child.pid), lines_(max_agent_line) {}

void running_child::start() {
  wait_for_exit();
}

void running_child::listen(listener listener) {
  listener_ = std::move(listener);
  listening_ = true;
  read_output();
  read_errors();
  if (ended_)
    exited();
}

void running_child::wait_for_exit() {
  exit_.async_wait(asio::posix::descriptor_base::wait_read,
                   [self = shared_from_this()](const asio::error_code& error) {
                     if (error)
                       return;
                     if (self->ended())
                       self->exited();
                     else
                       self->wait_for_exit();
                   });
}

bool running_child::ended() {
  return ended_ || collect_status();
}

bool running_child::collect_status() {
  siginfo_t info{};
  const auto id = static_cast<id_t>(exit_.native_handle());
  const int result = waitid(P_PIDFD, id, &info, WEXITED | WNOHANG);
  if (result == 0 && info.si_pid == 0)
    return false;
  if (result != 0 && errno == EINTR)
    return false;
  ended_ = true;
  status_ = result == 0 ? describe_exit(info) : "ended";
  child_was_reaped(pid_);
  return true;
}

void running_child::wait_for_end(std::chrono::milliseconds limit) {
  if (ended())
    return;
  pollfd waiting{exit_.native_handle(), POLLIN, 0};
  poll(&waiting, 1, static_cast<int>(limit.count()));
  collect_status();
}

void running_child::exited() {
  if (!listening_ || finished_)
    return;
  trace::scope scope{trace::note_edge("agent exit")};
  drain();
  // Draining may have found a line beyond the bound.
  if (!finished_)
    finish(status_, false);
}

// What the process wrote before its end, and no more: a descendant that keeps
// the pipe may go on for ever.
void running_child::drain() {
  auto left = output_ended_ ? 0 : readable_bytes(output_.native_handle());
  while (left > 0 && !finished_) {
    const auto step = std::min(left, buffer_.size());
    trace::scope scope{trace::note_edge("agent output")};
    if (!take_output(step))
      break;
    left -= step;
  }
  if (finished_ || !errors_.is_open())
    return;
  left = readable_bytes(errors_.native_handle());
  while (left > 0) {
    const auto step = std::min(left, buffer_.size());
    if (!take_errors(step))
      break;
    left -= step;
  }
}

void running_child::read_output() {
  output_.async_wait(
    asio::posix::descriptor_base::wait_read,
    [self = shared_from_this()](const asio::error_code& error) {
      if (!error && !self->finished_)
        self->output_ready();
    });
}

void running_child::output_ready() {
  trace::scope scope{trace::note_edge("agent output")};
  if (!take_output(buffer_.size()))
    return;
  read_output();
}

bool running_child::take_output(std::size_t limit) {
  const auto count = read(output_.native_handle(), buffer_.data(), limit);
  if (count < 0 && (errno == EAGAIN || errno == EINTR))
    return true;
  if (count <= 0) {
    output_ended_ = true;
    expect_exit("closed its output");
    return false;
  }
  const auto bytes =
    std::string_view{buffer_.data(), static_cast<std::size_t>(count)};
  if (lines_.feed(bytes, listener_.line))
    return true;
  finish("wrote a line of more than " + std::to_string(max_agent_line >> 20)
           + " MiB",
         true);
  return false;
}

void running_child::read_errors() {
  errors_.async_wait(
    asio::posix::descriptor_base::wait_read,
    [self = shared_from_this()](const asio::error_code& error) {
      if (error || self->finished_)
        return;
      if (self->take_errors(self->buffer_.size()))
        self->read_errors();
      else
        self->errors_.close();
    });
}

bool running_child::take_errors(std::size_t limit) {
  const auto count = read(errors_.native_handle(), buffer_.data(), limit);
  if (count < 0)
    return errno == EAGAIN || errno == EINTR;
  if (count == 0)
    return false;
  tail_.append(buffer_.data(), static_cast<std::size_t>(count));
  // Cut seldom, so that a byte is moved about once.
  if (tail_.size() > 2 * max_stderr_tail)
    tail_.erase(0, tail_.size() - max_stderr_tail);
  return true;
}

std::string running_child::stderr_tail() const {
  return tail_.size() <= max_stderr_tail
           ? tail_
           : tail_.substr(tail_.size() - max_stderr_tail);
}

void running_child::write(std::shared_ptr<const std::string> line) {
  if (finished_ || !input_.is_open())
    return;
  queued_ += line->size();
  if (queued_ > max_queued_input) {
    finish("left more than " + std::to_string(max_queued_input >> 20)
             + " MiB of its input unread",
           true);
    return;
  }
  queue_.push_back(std::move(line));
  if (queue_.size() == 1)
    write_next();
}

void running_child::write_next() {
  const auto line = queue_.front();
  const bool has_newline = !line->empty() && line->back() == '\n';
  const std::array<asio::const_buffer, 2> buffers{
    asio::buffer(*line),
    asio::buffer(newline.data(), has_newline ? 0 : newline.size())};
  asio::async_write(input_, buffers,
                    [self = shared_from_this(),
                     line](const asio::error_code& error, std::size_t) {
                      if (self->queue_.empty())
                        return;
                      self->queue_.pop_front();
                      self->queued_ -= line->size();
                      if (error == asio::error::operation_aborted)
                        return;
                      if (error) {
                        self->end_input();
                        self->expect_exit("closed its input");
                      } else if (!self->queue_.empty()) {
                        self->write_next();
                      }
                    });
}

void running_child::end_input() {
  queue_.clear();
  queued_ = 0;
  asio::error_code ignored;
  input_.close(ignored);
}

// Its exit, if it comes soon, says more than the closed pipe.
void running_child::expect_exit(const char* otherwise) {
  if (finished_ || ended_)
    return;
  grace_.expires_after(exit_grace);
  grace_.async_wait(
    [self = shared_from_this(), otherwise](const asio::error_code& error) {
      if (error || self->finished_ || !self->listening_)
        return;
      trace::scope scope{trace::note_edge("agent exit")};
      self->drain();
      if (!self->finished_)
        self->finish(otherwise, false);
    });
}

void running_child::finish(std::string how, bool misbehaved) {
  finished_ = true;
  auto gone = std::move(listener_.gone);
  let_go();
  if (gone)
    gone(std::move(how), misbehaved);
}

void running_child::let_go() {
  finished_ = true;
  grace_.cancel();
  end_input();
  asio::error_code ignored;
  output_.close(ignored);
  errors_.close(ignored);
  listener_ = {};
}

} // namespace agent_server
