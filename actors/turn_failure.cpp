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

turn_failure classify_failure(const caf::error& err) {
  const auto text = describe(err);
  const auto code = code_of(err);
  if (code == ec::upstream_stream_terminated
      || is_api_error(text, "terminated"))
    return {"upstream_stream_terminated", "Upstream LLM stream terminated"};
  if (code == ec::upstream_connection_error
      || is_api_error(text, "Connection error"))
    return {"upstream_connection_error", "Upstream LLM connection error"};
  return {"agent_error", text.empty() ? "Agent error" : text};
}

ec failure_code(std::string_view classification) {
  for (const auto code :
       {ec::upstream_stream_terminated, ec::upstream_connection_error})
    if (classification == to_string(code))
      return code;
  return ec::agent_error;
}

} // namespace agent_server
