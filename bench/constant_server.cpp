// RESTinio with one thread and a constant answer to everything: what the
// library itself can serve. usage: constant_server PORT BODY
#include <asio/io_context.hpp>
#include <cstdlib>
#include <iostream>
#include <restinio/http_server.hpp>
#include <restinio/traits.hpp>
#include <string>

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: constant_server PORT BODY\n";
    return 2;
  }
  const std::string body = argv[2];
  asio::io_context io;
  using traits = restinio::default_single_thread_traits_t;
  restinio::http_server_t<traits> server{
    restinio::external_io_context(io), [&](auto& settings) {
      settings.port(static_cast<std::uint16_t>(std::atoi(argv[1])))
        .address("127.0.0.1")
        .request_handler([&body](auto request) {
          return request->create_response()
            .append_header(restinio::http_field::content_type,
                           "application/json")
            .set_body(body)
            .done();
        });
    }};
  server.open_sync();
  io.run();
}
