#include "messages/wire/claude/mcp_status.hpp"

#include "messages/wire/claude/frame_document.hpp"

namespace agent_server::claude {

namespace {

// As the CLI makes tool names out of any text.
std::string name_part(std::string_view text) {
  std::string part;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                       || (c >= '0' && c <= '9') || c == '_' || c == '-';
    part += plain ? c : '_';
  }
  return part;
}

bool only_reads(const rapidjson::Value& tool) {
  const auto* annotations = json::find(&tool, "annotations");
  return is_true(json::find(annotations, "readOnly"))
         || is_true(json::find(annotations, "readOnlyHint"));
}

} // namespace

std::set<std::string> read_only_mcp_tools(const frame& answer) {
  std::set<std::string> names;
  const auto* servers = member(answer, {"response", "response", "mcpServers"});
  if (servers == nullptr || !servers->IsArray())
    return names;
  for (const auto& server : servers->GetArray()) {
    const auto* tools = json::find(&server, "tools");
    if (tools == nullptr || !tools->IsArray())
      continue;
    const auto prefix =
      "mcp__" + name_part(json::text_of(json::find(&server, "name"))) + "__";
    for (const auto& tool : tools->GetArray())
      if (only_reads(tool))
        names.insert(prefix
                     + name_part(json::text_of(json::find(&tool, "name"))));
  }
  return names;
}

} // namespace agent_server::claude
