#include "cli/initial_environment.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace agent_server {

namespace {

constexpr std::array<std::string_view, 13> secret_parts{
  "TOKEN",   "SECRET",     "PASSWORD",      "PASSWD",     "PASSPHRASE",
  "API_KEY", "ACCESS_KEY", "PRIVATE_KEY",   "CREDENTIAL", "AUTH_HEADER",
  "_PWD",    "SSHPASS",    "CUSTOM_HEADERS"};

// Passwords of URLs (proxies, databases), also where the scheme is left out.
void add_passwords(std::string_view value, std::vector<std::string>& found) {
  for (auto at = value.find('@'); at != std::string_view::npos;
       at = value.find('@', at + 1)) {
    auto begin = value.find_last_of("/ ,;\"'=", at);
    begin = begin == std::string_view::npos ? 0 : begin + 1;
    const auto colon = value.find(':', begin);
    if (colon != std::string_view::npos && colon < at)
      found.emplace_back(value.substr(colon + 1, at - colon - 1));
  }
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

std::vector<std::string> secrets_of_variable(std::string_view name,
                                             std::string_view value) {
  std::vector<std::string> found;
  if (is_secret_variable(name))
    found.emplace_back(value);
  else
    add_passwords(value, found);
  return found;
}

void hide_argument(int argc, char** argv, std::string_view flag) {
  const auto overwrite = [](char* text) {
    std::memset(text, 'x', std::strlen(text));
  };
  for (int i = 1; i < argc; ++i) {
    const std::string_view word{argv[i]};
    if (word == flag && i + 1 < argc)
      overwrite(argv[++i]);
    else if (word.substr(0, flag.size()) == flag
             && word.substr(flag.size(), 1) == "=")
      overwrite(argv[i] + flag.size() + 1);
  }
}

environment take_initial_environment() {
  environment result;
  for (auto entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    auto* equals = std::strchr(*entry, '=');
    if (equals == nullptr)
      continue;
    result.emplace_back(std::string{*entry, equals}, std::string{equals + 1});
    // No list of names knows every secret.
    std::memset(equals + 1, 'x', std::strlen(equals + 1));
  }
  for (const auto& [name, value] : result)
    if (is_secret_variable(name))
      unsetenv(name.c_str());
    else // libraries go on reading it, from a copy
      setenv(name.c_str(), value.c_str(), 1);
  return result;
}

} // namespace agent_server
