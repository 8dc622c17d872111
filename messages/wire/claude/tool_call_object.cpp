#include "messages/wire/claude/conversion.hpp"
#include "messages/wire/claude/tool_table.hpp"
#include "messages/wire/json_reader.hpp"
#include "messages/wire/json_writer.hpp"

namespace agent_server::claude {

std::string tool_call_object(const tool_question& question,
                             std::string_view cwd) {
  rapidjson::Document input;
  if (!json::read(input, question.input) || !input.IsObject())
    input.SetObject();
  const auto face = describe_tool(question.tool_name, &input, cwd);
  auto raw_input = json::dump(input);
  std::string name = raw_input == "{}" ? "\"toolName\":" : ",\"toolName\":";
  json::append_quoted(name, question.tool_name);
  raw_input.insert(raw_input.size() - 1, name);
  json::writer out{2 * raw_input.size() + 512};
  return out.open_object()
    .text("toolCallId", question.tool_use_id)
    .text("title", face.title)
    .text("kind", face.kind)
    .raw("content", face.content)
    .raw("locations", face.locations)
    .raw("rawInput", raw_input)
    .close_object()
    .take();
}

} // namespace agent_server::claude
