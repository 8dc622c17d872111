#pragma once

#include "actors/io/libraries.hpp"
#include "http/jwt.hpp"
#include "messages/secret.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace agent_server {

/// What a caller wants to reach.
enum class door : std::uint8_t { events, command, boot };

/// Decides who may come in. I/O thread only; outlives the libraries' callbacks.
class access_control {
public:
  /// Each of the keys and tokens may be empty. `access_token` opens every door
  /// from loopback, `read_only_token` /boot from loopback. `run_id` is the run
  /// of this process.
  access_control(library_loader& libraries, std::string public_key_pem,
                 std::string access_token, std::string read_only_token,
                 std::string run_id);

  /// Calls back with the verdict: at once, or when libcrypto is loaded if that
  /// is needed and still under way. The views are not kept.
  void admit(door which, std::string_view authorization, bool loopback,
             std::function<void(const admission&)> decide);

  /// Calls back when libcrypto is loaded: why the public key is of no use, or
  /// nothing.
  void check_key(std::function<void(std::string problem)> report);

private:
  admission check_token(door which, std::string_view authorization);
  const jwt_verifier* verifier();

  library_loader& libraries_;
  std::string public_key_pem_;
  secret access_token_;
  secret read_only_token_;
  std::string run_id_;
  std::optional<jwt_verifier> verifier_;
};

/// Compares in a time that depends on the lengths alone.
bool same_secret(std::string_view given, std::string_view expected);

} // namespace agent_server
