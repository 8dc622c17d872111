#pragma once

#include "http/access.hpp"
#include "http/edge.hpp"
#include "http/sse.hpp"
#include "http/waiters.hpp"
#include "messages/actors.hpp"

#include <asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent_server {

enum class http_method : std::uint8_t { get, head, post, other };

/// A request as the routes see it. The views live as long as the request.
struct request_view {
  http_method method = http_method::other;
  std::string_view path;
  std::string_view query;
  std::string_view authorization;
  std::optional<std::string_view> last_event_id;
  bool loopback = false;
  std::uint64_t connection = 0;
  std::size_t body_size = 0;
};

/// An answer with a length. For HEAD the edge leaves the body away.
struct response {
  int status = 200;
  const char* content_type = "application/json";
  std::shared_ptr<const std::string> body;
};

/// One request that is answered later, exactly once; dropped unanswered, it
/// answers 500 by itself.
class exchange {
public:
  virtual ~exchange() = default;
  virtual const std::string& body() const = 0;
  virtual void answer(const response& what) = 0;
  /// Sends the head of an event stream.
  virtual std::shared_ptr<stream_body> open_stream() = 0;
  /// Sends that head and nothing else.
  virtual void answer_stream_head() = 0;
};

/// Translates requests to messages and messages to answers. I/O thread only.
/// Before it is connected it answers /health, and keeps what needs an actor; no
/// more than the connections and what each may have under way.
class routes : public std::enable_shared_from_this<routes> {
public:
  /// A larger body is refused with 413.
  static constexpr std::size_t max_body_bytes = 32u << 20;
  static constexpr double max_wait_seconds = 40;

  routes(asio::io_context& io, std::shared_ptr<published_health> health);

  /// Takes what was kept. Once.
  void connect(edge_wiring wiring, command_relay_actor relay);

  /// The answer, when it needs nobody else.
  std::optional<response> at_once(const request_view& request);
  /// Takes what `at_once` did not answer.
  void later(const request_view& request, std::shared_ptr<exchange> with);

  void connection_gone(std::uint64_t connection);
  void readiness_known() { waiters_.wake_all(); }
  void close();

private:
  struct kept_request {
    request_view request; // its views live as long as the exchange
    std::shared_ptr<exchange> with;
  };

  void wait_for_session(const request_view& request,
                        std::shared_ptr<exchange> with);
  void open_events(const request_view& request, std::shared_ptr<exchange> with);
  void run_command(const request_view& request, std::shared_ptr<exchange> with);
  void report_boot(const request_view& request, std::shared_ptr<exchange> with);
  response health();

  asio::io_context& io_;
  std::shared_ptr<published_health> health_;
  waiters waiters_;
  bool closed_ = false;

  bool connected_ = false;
  std::vector<kept_request> kept_;

  // There when connected.
  edge_wiring wiring_;
  command_relay_actor relay_;
  std::optional<sse_hub> streams_;

  // The last /health body, for as long as it is the right one.
  published_health::value rendered_;
  std::int64_t rendered_ms_ = 0;
  std::shared_ptr<const std::string> rendered_body_;
};

} // namespace agent_server
