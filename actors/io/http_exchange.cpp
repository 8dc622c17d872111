#include "actors/io/http_exchange.hpp"

#include "actors/trace/recorder.hpp"
#include "messages/error.hpp"

#include <algorithm>
#include <string_view>
#include <strings.h>
#include <utility>

namespace agent_server {

namespace {

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view{"\r\n\0", 3})
         != std::string_view::npos;
}

// Failures that stay the same however often they are tried again.
bool needs_mending(CURLcode result) {
  switch (result) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT: return true;
    default: return false;
  }
}

bool is_https(const std::string& url) {
  return strncasecmp(url.c_str(), "https:", 6) == 0;
}

} // namespace

std::string url_for_texts(const std::string& url) {
  auto result = url.substr(0, url.find_first_of("?#"));
  const auto scheme = result.find("://");
  const auto host = scheme == std::string::npos ? 0 : scheme + 3;
  const auto path = result.find('/', host);
  const auto at = result.rfind('@', path);
  if (at != std::string::npos && at >= host)
    result.erase(host, at + 1 - host);
  return result;
}

http_exchange::~http_exchange() {
  if (easy_ != nullptr)
    curl_->easy_cleanup(easy_);
  if (headers_ != nullptr)
    curl_->slist_free_all(headers_);
}

template <class T>
CURLcode http_exchange::set(CURLoption option, T value) {
  return curl_->easy_setopt(easy_, option, value);
}

caf::error http_exchange::prepare(const library_loader& libraries,
                                  const std::string& user_agent) {
  span_ = trace::begin_span(*request_.label != '\0' ? request_.label
                                                    : "HTTP exchange");
  libraries_ = &libraries;
  curl_ = libraries.curl();
  easy_ = curl_->easy_init();
  if (easy_ == nullptr)
    return make_failure(ec::http_unusable,
                        subject() + " failed: libcurl has no memory");
  if (auto err = set_headers())
    return err;
  set_method();
  set_trust();
  const bool https = is_https(request_.url);
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_USERAGENT, user_agent.c_str());
  set(CURLOPT_ERRORBUFFER, reason_.data());
  set(CURLOPT_WRITEFUNCTION, &take_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request_.max_body));
  set(CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(request_.connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request_.timeout.count()));
  set(CURLOPT_NOSIGNAL, 1L);
  // The resolver's thread must not be waited for on this one.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_ACCEPT_ENCODING, "");
  set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2TLS});
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  if (request_.direct)
    set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, max_redirects);
  set(CURLOPT_REDIR_PROTOCOLS_STR, https ? "https" : "http,https");
  return {};
}

caf::error http_exchange::set_headers() {
  const auto add = [this](const std::string& line) {
    headers_ = curl_->slist_append(headers_, line.c_str());
  };
  bool has_content_type = false;
  for (const auto& [name, value] : request_.headers) {
    if (has_line_break(name) || has_line_break(value))
      return make_failure(ec::http_unusable,
                          subject() + " failed: a header has a line break");
    has_content_type =
      has_content_type || strcasecmp(name.c_str(), "content-type") == 0;
    // A semicolon is libcurl's spelling of a header without a value.
    auto line = name;
    line += value.empty() ? ";" : ": ";
    line += value;
    add(line);
  }
  if (has_line_break(request_.bearer.reveal()))
    return make_failure(ec::http_unusable,
                        subject() + " failed: the bearer has a line break");
  // libcurl drops this one by itself when a redirect leads to another host.
  if (!request_.bearer.empty())
    add("Authorization: Bearer " + request_.bearer.reveal());
  if (!has_content_type)
    add("Content-Type:");
  // Else a large body waits a second for servers that do not know it.
  add("Expect:");
  set(CURLOPT_HTTPHEADER, headers_);
  return {};
}

const std::string& http_exchange::body() const {
  return request_.shared_body ? *request_.shared_body : request_.body;
}

void http_exchange::set_method() {
  const auto& method = request_.method;
  if (method == "GET" && body().empty()) {
    set(CURLOPT_HTTPGET, 1L);
    return;
  }
  if (method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
    return;
  }
  set(CURLOPT_POST, 1L);
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body().size()));
  set(CURLOPT_POSTFIELDS, body().c_str());
  if (method != "POST") {
    set(CURLOPT_CUSTOMREQUEST, method.c_str());
    // Only POST turns into GET on the way.
    set(CURLOPT_POSTREDIR, long{CURL_REDIR_POST_301 | CURL_REDIR_POST_302});
  }
}

// Where libcurl has another TLS library, it keeps to the certificates that it
// was built for.
void http_exchange::set_trust() {
  if (libraries_->trusted() == nullptr
      || set(CURLOPT_SSL_CTX_FUNCTION, &trust) != CURLE_OK)
    return;
  set(CURLOPT_SSL_CTX_DATA, this);
  for (const auto option : {CURLOPT_CAINFO, CURLOPT_CAPATH,
                            CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH})
    set(option, static_cast<char*>(nullptr));
}

CURLcode http_exchange::trust(CURL*, void* ssl_context, void* user) {
  const auto& libraries = *static_cast<http_exchange*>(user)->libraries_;
  libraries.crypto()->SSL_CTX_set1_cert_store(
    static_cast<SSL_CTX*>(ssl_context), libraries.trusted());
  return CURLE_OK;
}

std::size_t http_exchange::take_body(char* data, std::size_t size,
                                     std::size_t count, void* user) {
  auto& self = *static_cast<http_exchange*>(user);
  const auto bytes = size * count;
  if (bytes > self.request_.max_body - self.received_) {
    self.too_large_ = true;
    return CURL_WRITEFUNC_ERROR;
  }
  self.received_ += bytes;
  return self.store(data, bytes) ? bytes : CURL_WRITEFUNC_ERROR;
}

bool http_exchange::store(const char* data, std::size_t size) {
  long status = 0;
  curl_->easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  if (request_.to_file.empty() || status < 200 || status >= 300) {
    body_.append(data, size);
    return true;
  }
  if (!file_)
    file_ = std::make_unique<body_file>(request_.to_file);
  return file_->append({data, size});
}

std::string http_exchange::origin() const {
  const auto url = url_for_texts(request_.url);
  const auto scheme = url.find("://");
  return url.substr(
    0, url.find('/', scheme == std::string::npos ? 0 : scheme + 3));
}

void http_exchange::share_connection(bool share) {
  // Without TLS there is no HTTP/2, so nothing to wait for.
  set(CURLOPT_PIPEWAIT, share && is_https(request_.url) ? 1L : 0L);
}

void http_exchange::when_connected(std::function<void(bool)> call) {
  connected_ = std::move(call);
  set(CURLOPT_PREREQFUNCTION, &connected);
  set(CURLOPT_PREREQDATA, this);
}

int http_exchange::connected(void* user, char*, char*, int, int) {
  const auto& self = *static_cast<http_exchange*>(user);
  self.connected_(self.speaks_http_2());
  return CURL_PREREQFUNC_OK;
}

bool http_exchange::speaks_http_2() const {
  const curl_tlssessioninfo* session = nullptr;
  curl_->easy_getinfo(easy_, CURLINFO_TLS_SSL_PTR, &session);
  if (session == nullptr || session->backend != CURLSSLBACKEND_OPENSSL
      || session->internals == nullptr || libraries_->crypto() == nullptr)
    return false;
  const unsigned char* name = nullptr;
  unsigned size = 0;
  libraries_->crypto()->SSL_get0_alpn_selected(
    static_cast<const SSL*>(session->internals), &name, &size);
  return std::string_view{reinterpret_cast<const char*>(name), size} == "h2";
}

void http_exchange::finish(CURLcode result, const std::string& trust_problem) {
  long status = 0;
  curl_->easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  // An empty body makes an empty file.
  if (result == CURLE_OK && !request_.to_file.empty() && !file_ && status >= 200
      && status < 300)
    file_ = std::make_unique<body_file>(request_.to_file);
  if (file_ && !file_->close(result == CURLE_OK))
    fail(ec::http_unusable, file_->problem());
  else
    answer(result == CURLE_OK ? caf::error{} : failure(result, trust_problem));
}

void http_exchange::fail(ec code, const std::string& reason) {
  answer(make_failure(code, subject() + " failed: " + reason));
}

void http_exchange::answer(const caf::error& err) {
  auto cause = trace::current_cause();
  if (span_ != 0)
    cause =
      trace::end_span(span_, err ? trace::outcome::error : trace::outcome::ok);
  const trace::scope scope{cause};
  if (err)
    promise_.deliver(err);
  else
    promise_.deliver(response());
}

http_response http_exchange::response() {
  http_response result;
  long status = 0;
  curl_->easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  result.status = static_cast<int>(status);
  curl_off_t retry_after = 0;
  curl_->easy_getinfo(easy_, CURLINFO_RETRY_AFTER, &retry_after);
  if (retry_after > 0)
    result.retry_after = std::chrono::seconds{retry_after};
  result.body = std::make_shared<const std::string>(std::move(body_));
  result.body_size = received_;
  return result;
}

caf::error http_exchange::failure(CURLcode result,
                                  const std::string& trust_problem) {
  if (too_large_ || result == CURLE_FILESIZE_EXCEEDED)
    return make_failure(ec::http_too_large,
                        subject() + " failed: the answer is larger than "
                          + std::to_string(request_.max_body) + " bytes");
  std::string text =
    reason_.front() != '\0' ? reason_.data() : curl_->easy_strerror(result);
  const bool distrusted = result == CURLE_PEER_FAILED_VERIFICATION;
  if (distrusted && !trust_problem.empty())
    text += "; " + trust_problem;
  else if (distrusted)
    text += "; name the server's authority in SSL_CERT_FILE";
  auto code = ec::http_connect;
  if (needs_mending(result))
    code = ec::http_unusable;
  else if (was_connected())
    code =
      result == CURLE_OPERATION_TIMEDOUT ? ec::http_timeout : ec::http_broken;
  return make_failure(code, subject() + " failed: " + text);
}

bool http_exchange::was_connected() const {
  curl_off_t time = 0;
  curl_->easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME_T, &time);
  return time > 0;
}

std::string http_exchange::subject() const {
  return request_.method + " " + url_for_texts(request_.url);
}

} // namespace agent_server
