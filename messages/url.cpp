#include "messages/url.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>

namespace agent_server {

namespace {

bool has_prefix_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size()
         && std::equal(
           prefix.begin(), prefix.end(), text.begin(), [](char lower, char c) {
             return c == lower
                    || (c >= 'A' && c <= 'Z' && c - 'A' + 'a' == lower);
           });
}

bool is_port(std::string_view text) {
  constexpr unsigned max_port = 65'535;
  unsigned port = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, port);
  return text.empty()
         || (failure == std::errc{} && stop == end && port <= max_port);
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size()
         && text.substr(text.size() - end.size()) == end;
}

} // namespace

bool is_http_url(std::string_view url) {
  std::string_view rest;
  for (const std::string_view scheme : {"http://", "https://"})
    if (has_prefix_ignoring_case(url, scheme))
      rest = url.substr(scheme.size());
  auto host = rest.substr(0, rest.find_first_of("/?#"));
  if (const auto at = host.rfind('@'); at != std::string_view::npos)
    host.remove_prefix(at + 1);
  std::string_view port;
  const auto bracket = host.rfind(']');
  const auto colon =
    host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  return !host.empty() && is_port(port)
         && (host.front() == '[') == (bracket != std::string_view::npos)
         && std::none_of(url.begin(), url.end(),
                         [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

std::string without_credentials(std::string_view text) {
  constexpr std::string_view mark = "://";
  std::string out;
  for (;;) {
    const auto at = text.find(mark);
    if (at == std::string_view::npos)
      return out.append(text);
    const auto head = text.substr(0, at);
    out.append(text.substr(0, at + mark.size()));
    text.remove_prefix(at + mark.size());
    const auto end = std::min(text.find_first_of("/?# \t\r\n'\""), text.size());
    const auto host = text.substr(0, end).rfind('@');
    if (host == std::string_view::npos)
      continue;
    if (ends_with(head, "ssh"))
      out.append(text.substr(0, std::min(text.find(':'), host))).append("@");
    text.remove_prefix(host + 1);
  }
}

} // namespace agent_server
