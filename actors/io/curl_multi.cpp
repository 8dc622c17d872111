#include "actors/io/curl_multi.hpp"

#include <chrono>
#include <utility>

namespace agent_server {

namespace {

using wait_type = asio::posix::descriptor_base::wait_type;

} // namespace

curl_multi::curl_multi(asio::io_context& io, const curl_api& curl,
                       std::function<void(CURL*, CURLcode)> done)
  : io_(io), curl_(curl), done_(std::move(done)), multi_(curl.multi_init()),
    timer_(io) {
  curl_.multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &socket_changed);
  curl_.multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_.multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &timer_changed);
  curl_.multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_.multi_setopt(multi_, CURLMOPT_PIPELINING, long{CURLPIPE_MULTIPLEX});
}

curl_multi::~curl_multi() {
  curl_.multi_cleanup(multi_);
  while (!sockets_.empty())
    forget(sockets_.begin()->first);
}

CURLMcode curl_multi::add(CURL* easy) {
  return curl_.multi_add_handle(multi_, easy);
}

void curl_multi::remove(CURL* easy) {
  curl_.multi_remove_handle(multi_, easy);
}

int curl_multi::socket_changed(CURL*, curl_socket_t fd, int what, void* user,
                               void*) {
  auto& self = *static_cast<curl_multi*>(user);
  if (what == CURL_POLL_REMOVE)
    self.forget(fd);
  else
    self.watch(fd, what);
  return 0;
}

// libcurl must not be entered from here, not even for a time-out of zero: the
// timer takes it to a turn of its own.
int curl_multi::timer_changed(CURLM*, long timeout_ms, void* user) {
  auto& self = *static_cast<curl_multi*>(user);
  if (timeout_ms < 0) {
    self.timer_.cancel();
    return 0;
  }
  self.timer_.expires_after(std::chrono::milliseconds{timeout_ms});
  self.timer_.async_wait(
    [&self, still = std::weak_ptr{self.alive_}](const asio::error_code& error) {
      if (!error && !still.expired())
        self.act(CURL_SOCKET_TIMEOUT, 0);
    });
  return 0;
}

void curl_multi::watch(curl_socket_t fd, int what) {
  auto& socket = sockets_[fd];
  if (!socket)
    socket = std::make_shared<watched>(asio::posix::stream_descriptor{io_, fd});
  socket->wanted = what;
  arm(socket, fd);
}

void curl_multi::forget(curl_socket_t fd) {
  const auto found = sockets_.find(fd);
  if (found == sockets_.end())
    return;
  found->second->live = false;
  // libcurl closes it.
  found->second->descriptor.release();
  sockets_.erase(found);
}

void curl_multi::arm(const std::shared_ptr<watched>& socket, curl_socket_t fd) {
  const auto wait = [&](int poll, int select, bool watched::*waits,
                        wait_type type) {
    if ((socket->wanted & poll) == 0 || socket.get()->*waits)
      return;
    socket.get()->*waits = true;
    socket->descriptor.async_wait(
      type, [this, socket, fd, poll, select, waits,
             still = std::weak_ptr{alive_}](const asio::error_code& error) {
        socket.get()->*waits = false;
        if (still.expired() || !socket->live)
          return;
        // Meanwhile libcurl may have lost interest in this direction.
        if ((socket->wanted & poll) != 0)
          act(fd, error ? CURL_CSELECT_ERR : select);
        if (!still.expired() && socket->live)
          arm(socket, fd);
      });
  };
  wait(CURL_POLL_IN, CURL_CSELECT_IN, &watched::waits_to_read,
       asio::posix::descriptor_base::wait_read);
  wait(CURL_POLL_OUT, CURL_CSELECT_OUT, &watched::waits_to_write,
       asio::posix::descriptor_base::wait_write);
}

void curl_multi::act(curl_socket_t fd, int what) {
  int running = 0;
  curl_.multi_socket_action(multi_, fd, what, &running);
  restart_all();
  collect();
}

void curl_multi::restart_all() {
  const std::weak_ptr still{alive_};
  for (auto* easy : std::exchange(restarting_, {})) {
    remove(easy);
    if (add(easy) != CURLM_OK)
      done_(easy, CURLE_FAILED_INIT);
    if (still.expired())
      return;
  }
}

void curl_multi::collect() {
  int left = 0;
  const std::weak_ptr still{alive_};
  while (auto* message = curl_.multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE)
      continue;
    // The message is gone with the handle.
    auto* easy = message->easy_handle;
    const auto result = message->data.result;
    remove(easy);
    done_(easy, result);
    if (still.expired())
      return;
  }
}

} // namespace agent_server
