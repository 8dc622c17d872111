#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace agent_server {

/// Claims of a connection token, as far as the server reads them.
struct jwt_claims {
  std::string run_id;
  std::string task_id;
  bool background = false;
};

enum class jwt_verdict : std::uint8_t {
  ok,
  expired,
  /// A wrong audience, a future `nbf`, a non-numeric `exp`, bad JSON.
  bad_signature,
  /// A claim is missing or of the wrong type; `issues` says which.
  missing_fields,
};

struct jwt_check {
  jwt_verdict verdict = jwt_verdict::bad_signature;
  jwt_claims claims;
  /// JSON list of issues, two-space indent.
  std::string issues;
};

/// Whether the header JSON names RS256.
bool is_rs256(std::string_view header);

/// Checks the claims of a token whose signature was found good.
/// `now` is in seconds since the epoch.
jwt_check check_claims(std::string_view payload, double now);

} // namespace agent_server
