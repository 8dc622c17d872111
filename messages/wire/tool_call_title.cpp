#include "messages/wire/tool_call_title.hpp"

#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

namespace agent_server {

namespace {

constexpr std::size_t max_notification = 64u << 10;

std::string text_at(const rapidjson::Document& document, const char* path) {
  const auto* value = rapidjson::Pointer{path}.Get(document);
  if (value == nullptr || !value->IsString())
    return {};
  return {value->GetString(), value->GetStringLength()};
}

} // namespace

std::string tool_call_title(std::string_view notification) {
  if (notification.size() > max_notification
      || notification.find("\"tool_call\"") == std::string_view::npos)
    return {};
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(notification.data(),
                                                 notification.size());
  if (document.HasParseError()
      || text_at(document, "/params/update/sessionUpdate") != "tool_call")
    return {};
  return text_at(document, "/params/update/title");
}

} // namespace agent_server
