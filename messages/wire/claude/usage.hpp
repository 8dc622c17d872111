#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <string>

namespace agent_server::claude {

/// Tokens as the Messages API counts them.
struct token_counts {
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::int64_t cache_read = 0;
  std::int64_t cache_write = 0;

  std::int64_t total() const {
    return input + output + cache_read + cache_write;
  }
  /// Takes the counters that `usage` (may be nullptr) has; the others stay.
  void take(const rapidjson::Value* usage);
};

/// `{inputTokens,outputTokens,cachedReadTokens,cachedWriteTokens}`, and
/// `totalTokens` when asked for.
std::string to_json(const token_counts& counts, bool with_total);

/// The context window in tokens that `modelUsage` of a result gives for a
/// model; 0 when it does not say.
std::int64_t context_window_of(const rapidjson::Value* model_usage,
                               std::string_view model);

} // namespace agent_server::claude
