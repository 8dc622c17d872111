#include "actors/agent/claude/web_domains.hpp"

#include "messages/wire/claude/tool_input.hpp"

#include <algorithm>
#include <cctype>

namespace agent_server::claude {

namespace {

std::string lower(std::string_view text) {
  std::string result{text};
  for (auto& c : result)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

bool is_host_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.'
         || c == '-' || c == '_';
}

/// The host in `text`, a URL without its scheme; empty when there is none, or
/// when another reader might see another host there.
std::string host_of(std::string_view text) {
  // Browsers end the host at a backslash too.
  auto host = text.substr(0, text.find_first_of("/?#\\"));
  if (const auto at = host.rfind('@'); at != std::string_view::npos)
    host.remove_prefix(at + 1);
  host = host.substr(0, host.find(':'));
  if (!host.empty() && host.back() == '.')
    host.remove_suffix(1);
  if (!std::all_of(host.begin(), host.end(), is_host_char))
    return {};
  return lower(host);
}

std::string host_of_url(std::string_view url) {
  const auto scheme = url.find("://");
  return scheme == std::string_view::npos ? ""
                                          : host_of(url.substr(scheme + 3));
}

bool is_allowed(std::string_view domain,
                const std::vector<std::string>& allowed) {
  return std::any_of(allowed.begin(), allowed.end(), [&](const auto& entry) {
    const auto pattern = lower(entry);
    if (pattern.compare(0, 2, "*.") != 0)
      return domain == pattern;
    const std::string_view suffix = std::string_view{pattern}.substr(1);
    return domain == suffix.substr(1)
           || (domain.size() > suffix.size()
               && domain.substr(domain.size() - suffix.size()) == suffix);
  });
}

bool is_listed(std::string_view pattern,
               const std::vector<std::string>& allowed) {
  return std::find(allowed.begin(), allowed.end(), pattern) != allowed.end();
}

std::string listed(const std::vector<std::string>& allowed) {
  std::string text;
  for (const auto& domain : allowed)
    text += (text.empty() ? "" : ", ") + domain;
  return text;
}

std::string refusal(std::string_view domain,
                    const std::vector<std::string>& allowed) {
  return "The domain \"" + std::string{domain}
         + "\" is not among those allowed here: " + listed(allowed) + ".";
}

std::string disallowed_search(std::string_view input,
                              const std::vector<std::string>& allowed) {
  for (const auto& domain : input_texts(input, "allowed_domains"))
    if (!is_listed(domain, allowed) && !is_allowed(host_of(domain), allowed))
      return refusal(domain, allowed);
  return {};
}

} // namespace

std::string disallowed_domain(std::string_view tool_name,
                              std::string_view input,
                              const std::vector<std::string>& allowed) {
  if (allowed.empty())
    return {};
  const bool searches = tool_name == "WebSearch";
  if (!searches && tool_name != "WebFetch")
    return {};
  const auto url = input_text(input, "url");
  if (searches && url.empty())
    return disallowed_search(input, allowed);
  const auto host = host_of_url(url);
  if (host.empty())
    return refusal(url, allowed);
  return is_allowed(host, allowed) ? "" : refusal(host, allowed);
}

} // namespace agent_server::claude
