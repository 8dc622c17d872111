#include "http/access.hpp"

#include <chrono>
#include <utility>

namespace agent_server {

namespace {

constexpr std::string_view bearer = "Bearer ";

double seconds_now() {
  return std::chrono::duration<double>(
           std::chrono::system_clock::now().time_since_epoch())
    .count();
}

} // namespace

bool same_secret(std::string_view given, std::string_view expected) {
  if (given.size() != expected.size() || expected.empty())
    return false;
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < given.size(); ++i)
    difference =
      difference | static_cast<unsigned char>(given[i] ^ expected[i]);
  return difference == 0;
}

access_control::access_control(library_loader& libraries,
                               std::string public_key_pem,
                               std::string access_token,
                               std::string read_only_token, std::string run_id)
  : libraries_(libraries), public_key_pem_(std::move(public_key_pem)),
    access_token_(std::move(access_token)),
    read_only_token_(std::move(read_only_token)), run_id_(std::move(run_id)) {}

void access_control::admit(door which, std::string_view authorization,
                           bool loopback,
                           std::function<void(const admission&)> decide) {
  if (authorization.substr(0, bearer.size()) != bearer) {
    decide(refuse("Missing authorization header", "invalid_token"));
    return;
  }
  const auto token = authorization.substr(bearer.size());
  if (loopback
      && (same_secret(token, access_token_.reveal())
          || (which == door::boot
              && same_secret(token, read_only_token_.reveal())))) {
    decide({true, run_id_, {}, {}});
    return;
  }
  if (public_key_pem_.empty()) {
    decide(refuse("Server not configured with JWT public key", "server_error"));
    return;
  }
  if (libraries_.crypto() != nullptr) {
    decide(check_token(which, token));
    return;
  }
  libraries_.when_ready(
    [this, which, token = std::string{token}, decide = std::move(decide)] {
      decide(check_token(which, token));
    });
}

void access_control::check_key(std::function<void(std::string)> report) {
  libraries_.when_ready([this, report = std::move(report)] {
    if (public_key_pem_.empty())
      report({});
    else if (const auto* with = verifier())
      report(with->key_problem());
    else
      report("no connection token can be checked: " + libraries_.error());
  });
}

admission access_control::check_token(door which, std::string_view token) {
  const auto* with = verifier();
  if (with == nullptr)
    return refuse("Connection tokens cannot be checked: " + libraries_.error(),
                  "server_error");
  auto verdict = with->check(token, seconds_now());
  // POST /command has its own answer to a foreign run.
  if (verdict.granted && which != door::command && verdict.run_id != run_id_)
    return refuse("Invalid token", "invalid_token");
  return verdict;
}

const jwt_verifier* access_control::verifier() {
  if (!verifier_ && libraries_.crypto() != nullptr)
    verifier_.emplace(*libraries_.crypto(), public_key_pem_);
  return verifier_ ? &*verifier_ : nullptr;
}

} // namespace agent_server
