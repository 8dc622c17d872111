#include "actors/io/libraries.hpp"

#include "actors/io/mapped_code.hpp"
#include "actors/io/trust_store.hpp"
#include "actors/trace/recorder.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <dlfcn.h>
#include <pthread.h>
#include <utility>
#include <vector>

namespace agent_server {

struct library_loader::content {
  // Written by the helper thread before it posts `finish`, read afterwards.
  curl_api curl;
  crypto_api crypto;
  bool has_curl = false;
  bool has_crypto = false;
  trust_store trust;
  std::string error;
  std::uint64_t ended_by = 0;

  // Used by the io_context's thread alone.
  bool done = false;
  std::vector<std::function<void()>> waiting;
};

namespace {

// A library stays open for good: OpenSSL and libcurl register exit handlers.
class library {
public:
  library(const std::string& name, const char* package)
    : name_(name), package_(package),
      handle_(dlopen(name.c_str(), RTLD_LAZY | RTLD_LOCAL)) {
    if (handle_ == nullptr)
      fail();
  }

  template <class F>
  void take(const char* symbol, F& into) {
    if (handle_ == nullptr)
      return;
    into = reinterpret_cast<F>(dlsym(handle_, symbol));
    if (into == nullptr && error_.empty())
      fail();
  }

  const std::string& error() const { return error_; }

private:
  void fail() {
    const char* reason = dlerror();
    error_ = name_ + " cannot be used (" + (reason != nullptr ? reason : "?")
             + "); install the package " + package_;
  }

  std::string name_;
  const char* package_;
  void* handle_;
  std::string error_;
};

std::string load_crypto(crypto_api& api, const library_names& names) {
  library crypto{names.crypto, "libssl3"};
  crypto.take("BIO_new_mem_buf", api.BIO_new_mem_buf);
  crypto.take("BIO_free", api.BIO_free);
  crypto.take("PEM_read_bio_PUBKEY", api.PEM_read_bio_PUBKEY);
  crypto.take("EVP_PKEY_free", api.EVP_PKEY_free);
  crypto.take("EVP_PKEY_get_base_id", api.EVP_PKEY_get_base_id);
  crypto.take("EVP_PKEY_get_id", api.EVP_PKEY_get_id);
  crypto.take("EVP_PKEY_get_bits", api.EVP_PKEY_get_bits);
  crypto.take("EVP_MD_CTX_new", api.EVP_MD_CTX_new);
  crypto.take("EVP_MD_CTX_free", api.EVP_MD_CTX_free);
  crypto.take("EVP_DigestVerifyInit", api.EVP_DigestVerifyInit);
  crypto.take("EVP_DigestVerify", api.EVP_DigestVerify);
  crypto.take("EVP_sha256", api.EVP_sha256);
  crypto.take("RAND_bytes", api.RAND_bytes);
  crypto.take("ERR_get_error", api.ERR_get_error);
  crypto.take("ERR_error_string_n", api.ERR_error_string_n);
  crypto.take("ERR_clear_error", api.ERR_clear_error);
  crypto.take("X509_STORE_new", api.X509_STORE_new);
  crypto.take("X509_STORE_free", api.X509_STORE_free);
  crypto.take("X509_STORE_set_flags", api.X509_STORE_set_flags);
  crypto.take("X509_STORE_load_file", api.X509_STORE_load_file);
  crypto.take("X509_STORE_load_path", api.X509_STORE_load_path);
  if (!crypto.error().empty())
    return crypto.error();
  library ssl{names.ssl, "libssl3"};
  ssl.take("SSL_CTX_set1_cert_store", api.SSL_CTX_set1_cert_store);
  ssl.take("SSL_get0_alpn_selected", api.SSL_get0_alpn_selected);
  return ssl.error();
}

std::string load_curl(curl_api& api, const library_names& names) {
  library curl{names.curl, "libcurl4"};
  curl.take("curl_global_init", api.global_init);
  curl.take("curl_easy_init", api.easy_init);
  curl.take("curl_easy_setopt", api.easy_setopt);
  curl.take("curl_easy_getinfo", api.easy_getinfo);
  curl.take("curl_easy_cleanup", api.easy_cleanup);
  curl.take("curl_easy_strerror", api.easy_strerror);
  curl.take("curl_slist_append", api.slist_append);
  curl.take("curl_slist_free_all", api.slist_free_all);
  curl.take("curl_multi_init", api.multi_init);
  curl.take("curl_multi_setopt", api.multi_setopt);
  curl.take("curl_multi_cleanup", api.multi_cleanup);
  curl.take("curl_multi_add_handle", api.multi_add_handle);
  curl.take("curl_multi_remove_handle", api.multi_remove_handle);
  curl.take("curl_multi_assign", api.multi_assign);
  curl.take("curl_multi_info_read", api.multi_info_read);
  curl.take("curl_multi_socket_action", api.multi_socket_action);
  curl.take("curl_multi_strerror", api.multi_strerror);
  if (!curl.error().empty())
    return curl.error();
  const auto code = api.global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK)
    return names.curl + " cannot be initialised (" + api.easy_strerror(code)
           + ")";
  return {};
}

} // namespace

library_loader::library_loader(asio::io_context& io, library_names names)
  : io_(io), names_(std::move(names)), content_(std::make_shared<content>()) {}

library_loader::~library_loader() {
  if (thread_.joinable())
    thread_.join();
  auto& loaded = *content_;
  if (loaded.trust.store != nullptr)
    loaded.crypto.X509_STORE_free(loaded.trust.store);
}

void library_loader::start() {
  if (thread_.joinable())
    return;
  // The thread inherits the cause of its start and takes no signals.
  const auto cause = trace::current_cause();
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread{[content = content_, names = names_, cause, &io = io_,
                         work = asio::make_work_guard(io_)] {
    const trace::scope scope{cause};
    const mapped_code mapped;
    load(*content, names);
    asio::post(io, [content] { finish(content); });
    mapped.let_go_of_newer();
  }};
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void library_loader::load(content& into, const library_names& names) {
  const auto span = trace::begin_span("load libraries");
  into.error = load_crypto(into.crypto, names);
  into.has_crypto = into.error.empty();
  if (into.has_crypto)
    into.trust = load_trust_store(into.crypto);
  const auto curl_error = load_curl(into.curl, names);
  into.has_curl = curl_error.empty();
  if (!into.has_curl) {
    if (!into.error.empty())
      into.error += "; ";
    into.error += curl_error;
  }
  into.ended_by = trace::end_span(
    span, into.error.empty() ? trace::outcome::ok : trace::outcome::error);
}

void library_loader::finish(const std::shared_ptr<content>& content) {
  const trace::scope scope{content->ended_by};
  content->done = true;
  for (const auto& callback : std::exchange(content->waiting, {}))
    callback();
}

void library_loader::when_ready(std::function<void()> callback) {
  if (content_->done)
    asio::post(io_, std::move(callback));
  else
    content_->waiting.push_back(std::move(callback));
}

const curl_api* library_loader::curl() const {
  return content_->done && content_->has_curl ? &content_->curl : nullptr;
}

const crypto_api* library_loader::crypto() const {
  return content_->done && content_->has_crypto ? &content_->crypto : nullptr;
}

X509_STORE* library_loader::trusted() const {
  return content_->done ? content_->trust.store : nullptr;
}

std::string library_loader::error() const {
  return content_->done ? content_->error : std::string{};
}

std::string library_loader::trust_problem() const {
  return content_->done ? content_->trust.problem : std::string{};
}

std::uint64_t library_loader::ended_by() const {
  return content_->done ? content_->ended_by : 0;
}

} // namespace agent_server
