#include "messages/wire/tool_call_title.hpp"

#include "messages/wire/json_reader.hpp"

namespace agent_server {

namespace {

constexpr std::size_t max_notification = 64u << 10;

} // namespace

std::string tool_call_title(std::string_view notification) {
  if (notification.size() > max_notification
      || notification.find("\"tool_call\"") == std::string_view::npos)
    return {};
  rapidjson::Document document;
  if (!json::read(document, notification))
    return {};
  const auto* update = json::find(document, {"params", "update"});
  if (json::text_of(json::find(update, "sessionUpdate")) != "tool_call")
    return {};
  return std::string{json::text_of(json::find(update, "title"))};
}

} // namespace agent_server
