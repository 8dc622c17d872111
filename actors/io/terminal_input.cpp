#include "actors/io/terminal_input.hpp"

#include "actors/io/open_apart.hpp"

#include <array>
#include <asio/error.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>

namespace agent_server {

namespace {

// What is longer is cut into several lines.
constexpr std::size_t max_line = 1u << 20;

} // namespace

class terminal_input::reader : public std::enable_shared_from_this<reader> {
public:
  reader(asio::io_context& io, int fd, taker take)
    : io_(io), descriptor_(io), take_(std::move(take)) {
    const auto own = open_apart(fd, O_RDONLY);
    std::error_code problem;
    if (own >= 0)
      descriptor_.assign(own, problem);
    if (own >= 0 && problem)
      close(own);
    ended_ = !descriptor_.is_open();
  }

  void want_line() {
    asio::post(io_, [me = shared_from_this()] { me->go_on(); });
  }

  void stop() {
    take_ = nullptr;
    std::error_code ignored;
    descriptor_.close(ignored);
  }

private:
  void go_on() {
    if (!take_)
      return;
    const auto newline = buffer_.find('\n');
    if (newline != std::string::npos)
      give(newline, newline + 1);
    else if (buffer_.size() >= max_line || (ended_ && !buffer_.empty()))
      give(buffer_.size(), buffer_.size());
    else if (ended_)
      take_({{}, true});
    else
      wait();
  }

  void give(std::size_t size, std::size_t with_newline) {
    typed_line line{buffer_.substr(0, size), false};
    buffer_.erase(0, with_newline);
    if (!line.text.empty() && line.text.back() == '\r')
      line.text.pop_back();
    take_(std::move(line));
  }

  void wait() {
    descriptor_.async_wait(
      asio::posix::stream_descriptor::wait_read,
      [me = shared_from_this()](std::error_code problem) {
        if (problem == asio::error::operation_aborted || !me->take_)
          return;
        // Files cannot be waited for; they do not block either.
        if (problem && problem != asio::error::operation_not_supported)
          me->ended_ = true;
        else
          me->read_some();
        me->go_on();
      });
  }

  void read_some() {
    std::array<char, 16u << 10> bytes;
    const auto count =
      read(descriptor_.native_handle(), bytes.data(), bytes.size());
    if (count > 0)
      buffer_.append(bytes.data(), static_cast<std::size_t>(count));
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
      ended_ = true;
  }

  asio::io_context& io_;
  asio::posix::stream_descriptor descriptor_;
  taker take_;
  std::string buffer_;
  bool ended_ = false;
};

terminal_input::terminal_input(asio::io_context& io, int fd, taker take)
  : reader_(std::make_shared<reader>(io, fd, std::move(take))) {}

terminal_input::~terminal_input() {
  reader_->stop();
}

void terminal_input::want_line() {
  reader_->want_line();
}

} // namespace agent_server
