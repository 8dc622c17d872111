#include "messages/wire/claude/frame_facts.hpp"

#include "messages/wire/claude/frame_document.hpp"

namespace agent_server::claude {

namespace {

bool has_type(const rapidjson::Value& block, std::string_view type) {
  return json::text_of(json::find(&block, "type")) == type;
}

} // namespace

bool echoes(const frame& user, std::string_view uuid) {
  return json::text_of(member(user, {"uuid"})) == uuid;
}

bool calls_a_tool(const frame& assistant) {
  const auto* content = member(assistant, {"message", "content"});
  if (content == nullptr || !content->IsArray())
    return false;
  for (const auto& block : content->GetArray())
    if (has_type(block, "tool_use"))
      return true;
  return false;
}

std::string answer_id(const frame& assistant) {
  const auto* parent = member(assistant, {"parent_tool_use_id"});
  if (parent != nullptr && parent->IsString())
    return {};
  return text_member(assistant, {"message", "id"});
}

bool is_command(std::string_view blocks) {
  rapidjson::Document document;
  if (!json::read(document, blocks) || !document.IsArray())
    return false;
  for (const auto& block : document.GetArray())
    if (has_type(block, "text"))
      return json::text_of(json::find(&block, "text")).substr(0, 1) == "/";
  return false;
}

std::string plain_text(const frame& assistant) {
  std::string text;
  const auto* parent = member(assistant, {"parent_tool_use_id"});
  if (parent != nullptr && parent->IsString())
    return text;
  const auto* content = member(assistant, {"message", "content"});
  if (content == nullptr || !content->IsArray())
    return text;
  for (const auto& block : content->GetArray())
    if (has_type(block, "text"))
      text += json::text_of(json::find(&block, "text"));
  return text;
}

} // namespace agent_server::claude
