#include "actors/io/terminal_output.hpp"

#include "actors/io/open_apart.hpp"

#include <asio/error.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <unistd.h>

namespace agent_server {

namespace {

// A terminal that is stopped must not cost memory without end.
constexpr std::size_t max_waiting = 4u << 20;
constexpr int last_wait_ms = 200;

} // namespace

class terminal_output::writer : public std::enable_shared_from_this<writer> {
public:
  writer(asio::io_context& io, int fd) : descriptor_(io) {
    const auto own = open_apart(fd, O_WRONLY);
    std::error_code problem;
    if (own >= 0)
      descriptor_.assign(own, problem);
    if (own >= 0 && problem)
      close(own);
  }

  void write(std::string_view text) {
    if (!descriptor_.is_open() || waiting_.size() + text.size() > max_waiting)
      return;
    waiting_ += text;
    if (!asked_)
      write_some();
  }

  void finish() {
    pollfd entry{descriptor_.native_handle(), POLLOUT, 0};
    if (descriptor_.is_open() && !waiting_.empty()
        && poll(&entry, 1, last_wait_ms) == 1)
      put();
    shut();
  }

private:
  void put() {
    while (!waiting_.empty()) {
      const auto count =
        ::write(descriptor_.native_handle(), waiting_.data(), waiting_.size());
      if (count >= 0)
        waiting_.erase(0, static_cast<std::size_t>(count));
      else if (errno == EAGAIN)
        return;
      else if (errno != EINTR)
        shut(); // nobody reads any more
    }
  }

  void write_some() {
    put();
    if (waiting_.empty())
      return;
    asked_ = true;
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_write,
                           [me = shared_from_this()](std::error_code problem) {
                             me->asked_ = false;
                             if (problem)
                               me->shut();
                             else
                               me->write_some();
                           });
  }

  void shut() {
    waiting_.clear();
    std::error_code ignored;
    descriptor_.close(ignored);
  }

  asio::posix::stream_descriptor descriptor_;
  std::string waiting_;
  bool asked_ = false;
};

terminal_output::terminal_output(asio::io_context& io, int fd)
  : writer_(std::make_shared<writer>(io, fd)) {}

terminal_output::~terminal_output() {
  writer_->finish();
}

void terminal_output::write(std::string_view text) {
  writer_->write(text);
}

} // namespace agent_server
