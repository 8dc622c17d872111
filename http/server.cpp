#include "http/server.hpp"

#include "http/edge_actors.hpp"
#include "http/listener.hpp"
#include "http/routes.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <chrono>
#include <limits>
#include <restinio/http_server.hpp>
#include <sys/socket.h>
#include <unordered_map>
#include <utility>

namespace agent_server {

namespace {

using namespace std::chrono_literals;

// A turn is answered when it ends, so nothing else may cut it before. Peers
// that left are seen by reading on (two requests may be under way) and, when
// they vanish, by TCP keep-alive.
constexpr auto handle_request_timeout = 24h;
constexpr std::size_t max_requests_under_way = 2;
// To receive a request whole, and between two requests.
constexpr auto read_timeout = 120s;
// For one write that makes no end, i.e. a reader that stalls.
constexpr auto write_timeout = 300s;
// How often a connection looks at its deadlines.
constexpr auto timer_period = 5s;

// An announced body up to this size is read to its end before it is refused,
// since many clients read no answer before they have sent everything.
constexpr std::uint64_t max_drained_body = 256u << 20;

// Beyond these limits RESTinio closes without an answer.
constexpr std::size_t max_url = 16u << 10;
constexpr std::size_t max_field_name = 256;
constexpr std::size_t max_field_value = 32u << 10;
constexpr std::size_t max_fields = 100;

struct connection_table {
  // Sockets of the connections that are open.
  std::unordered_map<std::uint64_t, int> sockets;
  bool closing = false;

  void cut(std::uint64_t connection) {
    const auto found = sockets.find(connection);
    if (found != sockets.end())
      ::shutdown(found->second, SHUT_RDWR);
  }
};

restinio::http_status_line_t status_line(int status) {
  switch (status) {
    case 200: return restinio::status_ok();
    case 400: return restinio::status_bad_request();
    case 401: return restinio::status_unauthorized();
    case 404: return restinio::status_not_found();
    case 413: return restinio::status_payload_too_large();
    default: return restinio::status_internal_server_error();
  }
}

http_method method_of(const restinio::http_request_header_t& header) {
  const auto method = header.method();
  if (method == restinio::http_method_get())
    return http_method::get;
  if (method == restinio::http_method_post())
    return http_method::post;
  if (method == restinio::http_method_head())
    return http_method::head;
  return http_method::other;
}

bool is_loopback(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6())
      .is_loopback();
  return address.is_loopback();
}

// RESTinio mistakes what follows a refused upgrade for another one.
bool must_close(const restinio::request_t& request,
                const connection_table& connections) {
  return connections.closing
         || request.header().connection()
              == restinio::http_connection_header_t::upgrade;
}

void send(const restinio::request_handle_t& request,
          const connection_table& connections, const response& what) {
  const auto finish = [&](auto builder) {
    builder.append_header(restinio::http_field::content_type,
                          what.content_type);
    if (must_close(*request, connections))
      builder.connection_close();
    return builder;
  };
  if (request->header().method() == restinio::http_method_head()) {
    finish(request->create_response<restinio::user_controlled_output_t>(
             status_line(what.status)))
      .set_content_length(what.body->size())
      .done();
    return;
  }
  finish(request->create_response(status_line(what.status)))
    .set_body(what.body)
    .done();
}

// The size announced when the body was not read: see `headers_complete`.
std::uint64_t body_size(const restinio::request_t& request) {
  return std::max<std::uint64_t>(request.body().size(),
                                 request.header().content_length());
}

class restinio_stream : public stream_body {
public:
  using builder = restinio::response_builder_t<restinio::chunked_output_t>;

  restinio_stream(builder head, std::shared_ptr<connection_table> connections,
                  std::uint64_t connection)
    : builder_(std::move(head)), connections_(std::move(connections)),
      connection_(connection) {
    builder_.flush();
  }

  void write(stream_bytes bytes, std::function<void(bool)> flushed) override {
    for (auto& piece : bytes)
      builder_.append_chunk(std::move(piece));
    builder_.flush([flushed = std::move(flushed)](const auto& problem) {
      flushed(!problem);
    });
  }

  void end() override { builder_.done(); }
  void abort() override { connections_->cut(connection_); }

private:
  builder builder_;
  std::shared_ptr<connection_table> connections_;
  std::uint64_t connection_;
};

class restinio_exchange : public exchange {
public:
  restinio_exchange(restinio::request_handle_t request,
                    std::shared_ptr<connection_table> connections)
    : request_(std::move(request)), connections_(std::move(connections)) {}

  ~restinio_exchange() override {
    if (answered_)
      return;
    static const auto body =
      std::make_shared<const std::string>("Internal Server Error");
    send(request_, *connections_, {500, "text/plain; charset=UTF-8", body});
  }

  const std::string& body() const override { return request_->body(); }

  void answer(const response& what) override {
    if (!std::exchange(answered_, true))
      send(request_, *connections_, what);
  }

  std::shared_ptr<stream_body> open_stream() override {
    answered_ = true;
    return std::make_shared<restinio_stream>(
      stream_head<restinio::chunked_output_t>(), connections_,
      request_->connection_id());
  }

  void answer_stream_head() override {
    answered_ = true;
    stream_head<restinio::user_controlled_output_t>().done();
  }

private:
  template <class Output>
  restinio::response_builder_t<Output> stream_head() {
    auto head = request_->create_response<Output>(restinio::status_ok());
    head.append_header(restinio::http_field::content_type, "text/event-stream");
    head.append_header(restinio::http_field::cache_control, "no-cache");
    if (must_close(*request_, *connections_))
      head.connection_close();
    return head;
  }

  restinio::request_handle_t request_;
  std::shared_ptr<connection_table> connections_;
  bool answered_ = false;
};

// Hears of connections that closed, maybe twice.
struct connection_watch {
  std::weak_ptr<connection_table> connections;
  std::weak_ptr<routes> told;
  std::weak_ptr<listener> accepting;

  void state_changed(const restinio::connection_state::notice_t& notice) {
    const auto cause = notice.cause();
    if (!restinio::holds_alternative<restinio::connection_state::closed_t>(
          cause))
      return;
    const auto table = connections.lock();
    if (!table || table->sockets.erase(notice.connection_id()) == 0)
      return;
    if (const auto to = told.lock())
      to->connection_gone(notice.connection_id());
    if (const auto from = accepting.lock())
      from->connection_closed();
  }
};

struct request_handler {
  std::shared_ptr<routes> to;
  std::shared_ptr<connection_table> connections;

  restinio::request_handling_status_t
  operator()(restinio::request_handle_t request) const {
    const auto& header = request->header();
    request_view view;
    view.method = method_of(header);
    view.path = header.path();
    view.query = header.query();
    view.connection = request->connection_id();
    view.body_size = body_size(*request);
    if (const auto answer = to->at_once(view)) {
      send(request, *connections, *answer);
      return restinio::request_accepted();
    }
    if (const auto field =
          header.opt_value_of(restinio::http_field::authorization))
      view.authorization = *field;
    if (const auto field = header.opt_value_of("Last-Event-ID"))
      view.last_event_id = *field;
    view.loopback = is_loopback(request->remote_endpoint().address());
    to->later(view, std::make_shared<restinio_exchange>(request, connections));
    return restinio::request_accepted();
  }
};

struct edge_traits
  : restinio::single_thread_traits_t<restinio::asio_timer_manager_t,
                                     restinio::null_logger_t, request_handler> {
  using connection_state_listener_t = connection_watch;
};

using connection_settings = restinio::impl::connection_settings_t<edge_traits>;
using connection_factory = restinio::impl::connection_factory_t<edge_traits>;
using parser_context = restinio::impl::http_parser_ctx_t;

parser_context& context_of(const http_parser* parser) {
  return *static_cast<parser_context*>(parser->data);
}

// A body that is announced as far too large is not read at all: the request
// counts as whole, and its answer closes the connection.
int headers_complete(http_parser* parser) {
  constexpr auto unknown = std::numeric_limits<std::uint64_t>::max();
  constexpr int has_no_body = 1;
  const auto size = parser->content_length;
  if (size == unknown || size <= routes::max_body_bytes)
    return restinio::impl::restinio_headers_complete_cb(parser);
  context_of(parser).m_leading_headers_completed = true;
  if (size <= max_drained_body)
    return 0;
  context_of(parser).m_header.content_length(size);
  parser->flags &= ~static_cast<unsigned>(F_CONNECTION_KEEP_ALIVE);
  parser->flags |= F_CONNECTION_CLOSE;
  return has_no_body;
}

// Of a body that is too large, one byte too many is kept, as the proof.
int body_came(http_parser* parser, const char* at, std::size_t length) {
  const auto room =
    routes::max_body_bytes + 1 - context_of(parser).m_body.size();
  return restinio::impl::restinio_body_cb(parser, at, std::min(length, room));
}

// The default keeps a note of every chunk, which nobody reads here.
int chunk_began(http_parser*) {
  return 0;
}

http_parser_settings bounded_parser() {
  auto settings = restinio::impl::create_parser_settings<
    edge_traits::http_methods_mapper_t>();
  settings.on_headers_complete = &headers_complete;
  settings.on_body = &body_came;
  settings.on_chunk_header = &chunk_began;
  return settings;
}

// What restinio::http_server_t does, but for its acceptor.
std::shared_ptr<connection_factory>
make_factory(asio::io_context& io, request_handler handler,
             std::shared_ptr<connection_watch> watch) {
  restinio::server_settings_t<edge_traits> settings;
  settings.request_handler(std::move(handler));
  settings.connection_state_listener(std::move(watch));
  settings.handle_request_timeout(handle_request_timeout)
    .read_next_http_message_timelimit(read_timeout)
    .write_http_response_timelimit(write_timeout)
    .max_pipelined_requests(max_requests_under_way)
    .incoming_http_msg_limits(restinio::incoming_http_msg_limits_t{}
                                .max_url_size(max_url)
                                .max_field_name_size(max_field_name)
                                .max_field_value_size(max_field_value)
                                .max_field_count(max_fields));
  auto timers =
    std::make_shared<restinio::asio_timer_manager_t>(io, timer_period);
  auto shared = std::make_shared<connection_settings>(
    settings, bounded_parser(), std::move(timers));
  return std::make_shared<connection_factory>(std::move(shared),
                                              settings.socket_options_setter());
}

} // namespace

struct http_server::impl {
  impl(asio::io_context& io, const edge_config& given,
       std::shared_ptr<published_health> health)
    : config(given), connections(std::make_shared<connection_table>()),
      edge_routes(std::make_shared<routes>(io, std::move(health))) {
    auto closed = std::make_shared<connection_watch>();
    closed->connections = connections;
    closed->told = edge_routes;
    factory = make_factory(io, {edge_routes, connections}, closed);
    accepting =
      std::make_shared<listener>(io, config.max_connections,
                                 [this](asio::ip::tcp::socket socket,
                                        const asio::ip::tcp::endpoint& peer) {
                                   adopt(std::move(socket), peer);
                                 });
    closed->accepting = accepting;
  }

  void connect(edge_wiring wiring) {
    auto& unit = *wiring.unit;
    relay = spawn_hosted(unit, command_relay, wiring.commands);
    edge_routes->connect(std::move(wiring), relay);
  }

  readiness_actor begin_watch(io_unit& unit) {
    watch = spawn_hosted(
      unit, readiness_watch,
      std::function<void()>{[to = std::weak_ptr<routes>{edge_routes}] {
        if (const auto known = to.lock())
          known->readiness_known();
      }});
    return watch;
  }

  void adopt(asio::ip::tcp::socket socket,
             const asio::ip::tcp::endpoint& peer) {
    using restinio::connection_count_limits::connection_lifetime_monitor_t;
    using restinio::connection_count_limits::noop_connection_count_limiter_t;
    const auto handle = socket.native_handle();
    try {
      const auto connection = factory->create_new_connection(
        std::move(socket), peer,
        connection_lifetime_monitor_t<noop_connection_count_limiter_t>{
          nullptr});
      connections->sockets.emplace(connection->connection_id(), handle);
      connection->init();
    } catch (const std::exception&) {
      // No memory: the socket closed as it went out of scope.
      accepting->connection_closed();
    }
  }

  edge_config config;
  std::shared_ptr<connection_table> connections;
  std::shared_ptr<routes> edge_routes;
  command_relay_actor relay;
  readiness_actor watch;
  std::shared_ptr<connection_factory> factory;
  std::shared_ptr<listener> accepting;
};

http_server::http_server(asio::io_context& io, edge_config config,
                         std::shared_ptr<published_health> health)
  : impl_(std::make_unique<impl>(io, config, std::move(health))) {}

http_server::~http_server() {
  close();
}

caf::expected<std::uint16_t> http_server::open() {
  return impl_->accepting->open(impl_->config.host, impl_->config.port);
}

void http_server::connect(edge_wiring wiring) {
  impl_->connect(std::move(wiring));
}

readiness_actor http_server::watch(io_unit& unit) {
  return impl_->begin_watch(unit);
}

void http_server::close() {
  if (std::exchange(impl_->connections->closing, true))
    return;
  impl_->accepting->close();
  impl_->edge_routes->close();
  if (impl_->relay)
    caf::anon_send_exit(impl_->relay, caf::exit_reason::user_shutdown);
  if (impl_->watch)
    caf::anon_send_exit(impl_->watch, caf::exit_reason::user_shutdown);
}

} // namespace agent_server
