#pragma once

#include "actors/io/crypto_api.hpp"

#include <string>

namespace agent_server {

/// The certificates of the authorities that are trusted.
struct trust_store {
  /// Owned by whoever holds this; nullptr when it could not be made.
  X509_STORE* store = nullptr;
  /// Names the variable or file that could not be used, and what to do.
  std::string problem;
};

/// Takes them from SSL_CERT_FILE and SSL_CERT_DIR when one of these is set,
/// else from the system's directory of hashed names (read as needed), else from
/// the system's bundle.
trust_store load_trust_store(const crypto_api& crypto);

} // namespace agent_server
