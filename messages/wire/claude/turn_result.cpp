#include "messages/wire/claude/frame_document.hpp"
#include "messages/wire/claude/usage.hpp"

#include <array>
#include <cctype>

namespace agent_server::claude {

namespace {

struct cause {
  /// What follows "API Error:" in the CLI's text.
  std::string_view words;
  std::string_view classification;
};

// The words differ by version: the newer ones say that a connection was lost,
// or could not be made.
constexpr std::array<cause, 5> causes{{
  {"terminated", "upstream_stream_terminated"},
  {"Connection lost mid-response", "upstream_stream_terminated"},
  {"Connection error", "upstream_connection_error"},
  {"Connection refused", "upstream_connection_error"},
  {"Unable to connect", "upstream_connection_error"},
}};

constexpr std::string_view login_words = "Please run /login";
constexpr std::string_view api_error = "API Error:";

std::string classify(const frame& f, std::string_view text) {
  if (text.find(login_words) != std::string_view::npos)
    return "auth_required";
  for (auto at = text.find(api_error); at != std::string_view::npos;
       at = text.find(api_error, at + 1)) {
    auto rest = text.substr(at + api_error.size());
    while (!rest.empty()
           && std::isspace(static_cast<unsigned char>(rest.front())) != 0)
      rest.remove_prefix(1);
    for (const auto& each : causes)
      if (rest.substr(0, each.words.size()) == each.words)
        return std::string{each.classification};
  }
  return text_member(f, {"api_error"}) == "connection_failed"
           ? "upstream_connection_error"
           : "agent_error";
}

/// What the frame says of a failure; never empty.
std::string error_text(const frame& f) {
  auto text = text_member(f, {"result"});
  if (text.empty())
    if (const auto* errors = member(f, {"errors"});
        errors != nullptr && errors->IsArray())
      for (const auto& error : errors->GetArray()) {
        if (!text.empty())
          text += ", ";
        text += json::text_of(&error);
      }
  if (text.empty())
    text = f.subtype.empty() ? "the agent failed" : f.subtype;
  return text;
}

/// Empty when the turn failed.
std::string stop_reason(const frame& f, bool is_error) {
  auto given = text_member(f, {"stop_reason"});
  if (f.subtype == "success" && (given == "max_tokens" || given == "refusal"))
    return given;
  if (is_error)
    return {};
  return f.subtype.compare(0, 10, "error_max_") == 0 ? "max_turn_requests"
                                                     : "end_turn";
}

} // namespace

turn_result read_turn_result(const frame& result) {
  turn_result out;
  const bool is_error = is_true(member(result, {"is_error"}));
  out.interrupted =
    text_member(result, {"terminal_reason"}).compare(0, 8, "aborted_") == 0;
  const bool asks_login =
    text_member(result, {"result"}).find(login_words) != std::string::npos;
  if (!asks_login || !is_error)
    out.stop_reason = stop_reason(result, is_error);
  if (out.stop_reason.empty()) {
    out.error = error_text(result);
    out.classification = classify(result, out.error);
  }
  if (const auto* output = member(result, {"structured_output"});
      output != nullptr && !output->IsNull())
    out.structured_output = json::dump(*output);
  token_counts counts;
  counts.take(member(result, {"usage"}));
  out.usage = to_json(counts, true);
  return out;
}

} // namespace agent_server::claude
