#include "messages/wire/attachment_json.hpp"

namespace agent_server {

std::vector<attachment> read_attachments(const rapidjson::Value* list) {
  std::vector<attachment> found;
  if (list == nullptr || !list->IsArray())
    return found;
  for (const auto& item : list->GetArray()) {
    if (!item.IsObject())
      continue;
    attachment next;
    next.id = json::text_of(json::find(&item, "id"));
    next.name = json::text_of(json::find(&item, "name"));
    next.storage_path = json::text_of(json::find(&item, "storage_path"));
    next.content_type = json::text_of(json::find(&item, "content_type"));
    if (const auto* size = json::find(&item, "size");
        size != nullptr && size->IsInt64())
      next.size = size->GetInt64();
    found.push_back(std::move(next));
  }
  return found;
}

} // namespace agent_server
