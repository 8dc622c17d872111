#pragma once

#include "actors/io/body_file.hpp"
#include "actors/io/libraries.hpp"
#include "messages/error.hpp"
#include "messages/http.hpp"

#include <array>
#include <caf/error.hpp>
#include <caf/typed_response_promise.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace agent_server {

constexpr long max_redirects = 5;

/// One request on its way: libcurl's handle and what came back so far.
class http_exchange {
public:
  http_exchange(http_request request,
                caf::typed_response_promise<http_response> promise)
    : request_(std::move(request)), promise_(std::move(promise)) {}
  ~http_exchange();
  http_exchange(const http_exchange&) = delete;
  http_exchange& operator=(const http_exchange&) = delete;

  /// Makes the handle, and begins the span of the trace.
  caf::error prepare(const library_loader& libraries,
                     const std::string& user_agent);
  CURL* easy() const { return easy_; }
  /// Scheme, host and port.
  std::string origin() const;

  /// Whether to wait for a connection that is being made, which may turn out to
  /// carry several requests at once, rather than to make another.
  void share_connection(bool share);
  /// Calls back from within libcurl when there is a connection, before the
  /// request goes out; true: it carries several requests at once.
  void when_connected(std::function<void(bool)> call);

  /// Ends the span and answers the request by what libcurl says.
  void finish(CURLcode result, const std::string& trust_problem);
  /// Ends the span and answers the request with `code`.
  void fail(ec code, const std::string& reason);
  /// Ends the span and answers with the error, or what came back.
  void answer(const caf::error& err);

private:
  static std::size_t take_body(char* data, std::size_t size, std::size_t count,
                               void* user);
  static CURLcode trust(CURL*, void* ssl_context, void* user);
  static int connected(void* user, char*, char*, int, int);

  template <class T>
  CURLcode set(CURLoption option, T value);
  caf::error set_headers();
  void set_method();
  const std::string& body() const;
  bool store(const char* data, std::size_t size);
  void set_trust();
  http_response response();
  caf::error failure(CURLcode result, const std::string& trust_problem);
  bool was_connected() const;
  bool speaks_http_2() const;
  std::string subject() const;

  http_request request_;
  caf::typed_response_promise<http_response> promise_;
  const library_loader* libraries_ = nullptr;
  const curl_api* curl_ = nullptr;
  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  std::function<void(bool)> connected_;
  std::array<char, CURL_ERROR_SIZE> reason_{};
  std::string body_;
  std::unique_ptr<body_file> file_;
  std::size_t received_ = 0;
  bool too_large_ = false;
  std::uint64_t span_ = 0;
};

/// The URL without user, password, query and fragment, for texts.
std::string url_for_texts(const std::string& url);

} // namespace agent_server
