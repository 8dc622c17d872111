#include "actors/turn_failure.hpp"

#include <string_view>

namespace agent_server {

namespace {

// Whether `text` has "API Error:", blanks, and then `reason`.
bool is_api_error(std::string_view text, std::string_view reason) {
  static constexpr std::string_view head = "API Error:";
  for (auto at = text.find(head); at != std::string_view::npos;
       at = text.find(head, at + 1)) {
    auto rest = text.substr(at + head.size());
    const auto word = rest.find_first_not_of(" \t\r\n");
    if (word != std::string_view::npos
        && rest.substr(word, reason.size()) == reason)
      return true;
  }
  return false;
}

} // namespace

turn_failure classify_failure(const std::string& text) {
  if (is_api_error(text, "terminated"))
    return {"upstream_stream_terminated", "Upstream LLM stream terminated"};
  if (is_api_error(text, "Connection error"))
    return {"upstream_connection_error", "Upstream LLM connection error"};
  return {"agent_error", text.empty() ? "Agent error" : text};
}

} // namespace agent_server
