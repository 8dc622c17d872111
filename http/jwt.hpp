#pragma once

#include "actors/io/crypto_api.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace agent_server {

/// What became of a token: its run, or why it is refused.
struct admission {
  bool granted = false;
  std::string run_id;
  std::string error;
  std::string code;
};

/// Refuses with a message and a code.
admission refuse(std::string error, std::string code);

/// Decodes base64url without padding; false when it is not in canonical form.
bool decode_base64url(std::string_view text, std::string& into);

/// Checks RS256 connection tokens against one public key.
class jwt_verifier {
public:
  /// `crypto` outlives this object. `pem` is a key in SPKI form.
  jwt_verifier(const crypto_api& crypto, const std::string& pem);

  /// Why the key is of no use; empty when it is good. Without a key that is
  /// good every signature is wrong.
  const std::string& key_problem() const { return key_problem_; }

  /// `now` is in seconds since the epoch.
  admission check(std::string_view token, double now) const;

private:
  bool signature_good(std::string_view signed_part,
                      const std::string& signature) const;

  const crypto_api& crypto_;
  std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)> key_;
  std::string key_problem_;
};

} // namespace agent_server
