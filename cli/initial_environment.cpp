#include "cli/initial_environment.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace agent_server {

namespace {

constexpr std::array<std::string_view, 10> secret_parts{
  "TOKEN",   "SECRET",     "PASSWORD",    "PASSWD",     "PASSPHRASE",
  "API_KEY", "ACCESS_KEY", "PRIVATE_KEY", "CREDENTIAL", "AUTH_HEADER"};

// A URL with a password in it, as proxies and databases are named.
bool holds_credentials(std::string_view value) {
  const auto scheme = value.find("://");
  if (scheme == std::string_view::npos)
    return false;
  const auto rest = value.substr(scheme + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?# "));
  return authority.find('@') != std::string_view::npos;
}

} // namespace

bool is_secret_variable(std::string_view name) {
  std::string upper{name};
  std::transform(
    upper.begin(), upper.end(), upper.begin(),
    [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return std::any_of(
    secret_parts.begin(), secret_parts.end(),
    [&](std::string_view part) { return upper.find(part) != upper.npos; });
}

environment take_initial_environment() {
  environment result;
  for (auto entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    auto* equals = std::strchr(*entry, '=');
    if (equals == nullptr)
      continue;
    result.emplace_back(std::string{*entry, equals}, std::string{equals + 1});
    const auto& [name, value] = result.back();
    if (is_secret_variable(name) || holds_credentials(value))
      std::memset(equals + 1, 'x', value.size());
  }
  for (const auto& [name, value] : result)
    if (is_secret_variable(name))
      unsetenv(name.c_str());
    else if (holds_credentials(value)) // still read by libraries, from a copy
      setenv(name.c_str(), value.c_str(), 1);
  return result;
}

} // namespace agent_server
