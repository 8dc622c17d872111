#pragma once

#include <rapidjson/document.h>

#include <string>
#include <string_view>

namespace agent_server::claude {

/// Longer texts of a result are cut, so that one call cannot fill the log.
inline constexpr std::size_t max_result_text = 1u << 20;
/// Larger images of a result (bytes of base64) are left out.
inline constexpr std::size_t max_result_image = 4u << 20;

/// What a tool call came to, as clients see it.
struct tool_outcome {
  bool failed = false;
  std::string title;   // empty: unchanged
  std::string content; // JSON array; empty: unchanged
  std::string raw_output;
};

/// `result` is a `tool_result` block, `structured` (may be nullptr) what the
/// CLI says of it beside; `url` is what a WebFetch fetched.
tool_outcome describe_result(std::string_view tool_name,
                             const rapidjson::Value& result,
                             const rapidjson::Value* structured,
                             std::string_view url);

} // namespace agent_server::claude
