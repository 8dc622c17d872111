#pragma once

#include "actors/io/crypto_api.hpp"
#include "actors/io/curl_api.hpp"

#include <asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace agent_server {

/// What the dynamic linker is asked for.
struct library_names {
  std::string curl = "libcurl.so.4";
  std::string ssl = "libssl.so.3";
  std::string crypto = "libcrypto.so.3";
};

/// Opens libcurl and OpenSSL, and the certificates to trust, on a thread of its
/// own that ends when they are there. All members are for the thread of the
/// `io_context`, which this object must not outlive.
class library_loader {
public:
  explicit library_loader(asio::io_context& io, library_names names = {});
  ~library_loader();
  library_loader(const library_loader&) = delete;
  library_loader& operator=(const library_loader&) = delete;

  /// Starts loading; once.
  void start();

  /// Calls back on the thread of the `io_context` when loading has ended, well
  /// or not; never from within this call.
  void when_ready(std::function<void()> callback);

  /// nullptr while loading, and when it failed.
  const curl_api* curl() const;
  const crypto_api* crypto() const;

  /// The certificates to trust; nullptr when there are none. Owned here.
  X509_STORE* trusted() const;

  /// What could not be loaded and which package to install; empty when all
  /// went well.
  std::string error() const;

  /// Why `trusted` lacks certificates that were asked for; may be empty.
  std::string trust_problem() const;

  /// The trace record of the end of loading; 0 while loading.
  std::uint64_t ended_by() const;

private:
  struct content;
  static void load(content& into, const library_names& names);
  static void finish(const std::shared_ptr<content>& content);

  asio::io_context& io_;
  library_names names_;
  std::shared_ptr<content> content_;
  std::thread thread_;
};

} // namespace agent_server
