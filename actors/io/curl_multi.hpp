#pragma once

#include "actors/io/curl_api.hpp"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace agent_server {

/// Runs libcurl's transfers on an `io_context`. Costs nothing while there are
/// none. I/O thread only.
class curl_multi {
public:
  /// `done` is called when a transfer ended, after it was taken out.
  curl_multi(asio::io_context& io, const curl_api& curl,
             std::function<void(CURL*, CURLcode)> done);
  ~curl_multi();
  curl_multi(const curl_multi&) = delete;
  curl_multi& operator=(const curl_multi&) = delete;

  /// Starts a transfer; the handle stays the caller's.
  CURLMcode add(CURL* easy);
  /// Takes a transfer out without calling `done`.
  void remove(CURL* easy);
  /// Starts a transfer anew, on another connection, as soon as libcurl has
  /// returned; for libcurl's callbacks.
  void restart(CURL* easy) { restarting_.push_back(easy); }

private:
  struct watched {
    explicit watched(asio::posix::stream_descriptor socket)
      : descriptor(std::move(socket)) {}

    asio::posix::stream_descriptor descriptor;
    int wanted = CURL_POLL_NONE;
    bool waits_to_read = false;
    bool waits_to_write = false;
    bool live = true;
  };

  static int socket_changed(CURL*, curl_socket_t fd, int what, void* user,
                            void*);
  static int timer_changed(CURLM*, long timeout_ms, void* user);

  void watch(curl_socket_t fd, int what);
  void forget(curl_socket_t fd);
  void arm(const std::shared_ptr<watched>& socket, curl_socket_t fd);
  void act(curl_socket_t fd, int what);
  void restart_all();
  void collect();

  asio::io_context& io_;
  const curl_api& curl_;
  std::function<void(CURL*, CURLcode)> done_;
  CURLM* multi_;
  asio::steady_timer timer_;
  std::vector<CURL*> restarting_;
  std::map<curl_socket_t, std::shared_ptr<watched>> sockets_;
  /// Expires with this object; what asio still holds then does nothing.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace agent_server
