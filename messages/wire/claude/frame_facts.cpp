#include "messages/wire/claude/frame_facts.hpp"

#include "messages/wire/claude/frame_document.hpp"

namespace agent_server::claude {

namespace {

using rapidjson::Value;

/// The content blocks of an assistant or user frame; nullptr when there are
/// none.
const Value* content_blocks(const frame& f) {
  const auto* content = member(f, {"message", "content"});
  return content != nullptr && content->IsArray() ? content : nullptr;
}

} // namespace

bool echoes(const frame& user, std::string_view uuid) {
  return user.kind == frame_kind::user && is_true(member(user, {"isReplay"}))
         && text_member(user, {"uuid"}) == uuid;
}

bool calls_a_tool(const frame& assistant) {
  const auto* blocks = content_blocks(assistant);
  if (blocks == nullptr)
    return false;
  for (const auto& block : blocks->GetArray())
    if (json::text_of(json::find(&block, "type")) == "tool_use")
      return true;
  return false;
}

std::string plain_text(const frame& assistant) {
  const auto* blocks = content_blocks(assistant);
  if (blocks == nullptr
      || !text_member(assistant, {"parent_tool_use_id"}).empty())
    return {};
  std::string out;
  for (const auto& block : blocks->GetArray())
    if (json::text_of(json::find(&block, "type")) == "text")
      out += json::text_of(json::find(&block, "text"));
  return out;
}

} // namespace agent_server::claude
