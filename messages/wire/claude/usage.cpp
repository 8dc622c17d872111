#include "messages/wire/claude/usage.hpp"

#include "messages/wire/json_reader.hpp"
#include "messages/wire/json_writer.hpp"

#include <algorithm>

namespace agent_server::claude {

namespace {

void take_count(const rapidjson::Value* usage, std::string_view key,
                std::int64_t& count) {
  if (const auto* value = json::find(usage, key);
      value != nullptr && value->IsInt64())
    count = value->GetInt64();
}

} // namespace

void token_counts::take(const rapidjson::Value* usage) {
  take_count(usage, "input_tokens", input);
  take_count(usage, "output_tokens", output);
  take_count(usage, "cache_read_input_tokens", cache_read);
  take_count(usage, "cache_creation_input_tokens", cache_write);
}

std::string to_json(const token_counts& counts, bool with_total) {
  json::writer out;
  out.open_object()
    .number("inputTokens", counts.input)
    .number("outputTokens", counts.output)
    .number("cachedReadTokens", counts.cache_read)
    .number("cachedWriteTokens", counts.cache_write);
  if (with_total)
    out.number("totalTokens", counts.total());
  return out.close_object().take();
}

std::int64_t context_window_of(const rapidjson::Value* model_usage,
                               std::string_view model) {
  if (model_usage == nullptr || !model_usage->IsObject() || model.empty())
    return 0;
  // The key may be the model's name with a suffix ("…[1m]").
  std::int64_t most = 0;
  for (const auto& entry : model_usage->GetObject()) {
    std::int64_t window = 0;
    take_count(&entry.value, "contextWindow", window);
    if (json::text_of(&entry.name).substr(0, model.size()) == model
        || json::text_of(json::find(&entry.value, "canonicalModel")) == model)
      most = std::max(most, window);
  }
  return most;
}

} // namespace agent_server::claude
