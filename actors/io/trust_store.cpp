#include "actors/io/trust_store.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <memory>
#include <string_view>

namespace agent_server {

namespace {

constexpr const char* system_directory = "/etc/ssl/certs";
constexpr const char* system_bundle = "/etc/ssl/certs/ca-certificates.crt";

// A name as `openssl rehash` gives: eight hex digits, a dot, a number.
bool is_hashed_name(std::string_view name) {
  return name.size() >= 10 && name[8] == '.'
         && name.substr(0, 8).find_first_not_of("0123456789abcdef")
              == std::string_view::npos
         && name.substr(9).find_first_not_of("0123456789")
              == std::string_view::npos;
}

bool has_hashed_names(const char* path) {
  const auto closer = [](DIR* directory) { closedir(directory); };
  std::unique_ptr<DIR, decltype(closer)> directory{opendir(path), closer};
  if (!directory)
    return false;
  while (const auto* entry = readdir(directory.get())) {
    if (is_hashed_name(entry->d_name))
      return true;
  }
  return false;
}

const char* variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

} // namespace

trust_store load_trust_store(const crypto_api& crypto) {
  trust_store result;
  result.store = crypto.X509_STORE_new();
  if (result.store == nullptr) {
    result.problem = "no memory for the trusted certificates";
    return result;
  }
  // A trusted certificate need not be self-signed.
  crypto.X509_STORE_set_flags(result.store, X509_V_FLAG_PARTIAL_CHAIN);
  const char* file = variable("SSL_CERT_FILE");
  const char* directory = variable("SSL_CERT_DIR");
  if (file != nullptr && crypto.X509_STORE_load_file(result.store, file) != 1)
    result.problem = std::string{"SSL_CERT_FILE names "} + file
                     + ", which holds no readable PEM certificates";
  if (directory != nullptr)
    crypto.X509_STORE_load_path(result.store, directory);
  if (file == nullptr && directory == nullptr) {
    if (has_hashed_names(system_directory))
      crypto.X509_STORE_load_path(result.store, system_directory);
    else if (crypto.X509_STORE_load_file(result.store, system_bundle) != 1)
      result.problem = std::string{"there are no certificates in "}
                       + system_directory
                       + "; install the package ca-certificates or set "
                         "SSL_CERT_FILE";
  }
  crypto.ERR_clear_error();
  return result;
}

} // namespace agent_server
