#include "messages/wire/claude/updates.hpp"

#include "messages/wire/acp_agent.hpp"
#include "messages/wire/claude/conversion.hpp"
#include "messages/wire/json_writer.hpp"

namespace agent_server::claude {

namespace {

std::string chunk(std::string_view session_id, std::string_view kind,
                  std::string_view text, std::string_view parent,
                  std::string_view tool_name) {
  json::writer update{text.size() + 256};
  update.open_object()
    .text("sessionUpdate", kind)
    .key("content")
    .open_object()
    .text("type", "text")
    .text("text", text)
    .close_object();
  if (!parent.empty())
    update.key("_meta")
      .open_object()
      .key("claudeCode")
      .open_object()
      .text("toolName", tool_name)
      .text("parentToolCallId", parent)
      .close_object()
      .close_object();
  return acp::update_line(session_id, update.close_object().take());
}

} // namespace

std::string message_chunk(std::string_view session_id, std::string_view text,
                          std::string_view parent) {
  return chunk(session_id, "agent_message_chunk", text, parent, "__text__");
}

std::string thought_chunk(std::string_view session_id, std::string_view text,
                          std::string_view parent) {
  return chunk(session_id, "agent_thought_chunk", text, parent, "__thinking__");
}

std::string available_commands_update(std::string_view session_id,
                                      std::string_view commands) {
  json::writer update{commands.size() + 128};
  update.open_object()
    .text("sessionUpdate", "available_commands_update")
    .raw("availableCommands", commands)
    .close_object();
  return acp::update_line(session_id, update.take());
}

std::string usage_update(std::string_view session_id, std::int64_t used,
                         std::int64_t size, std::string_view cost) {
  json::writer update;
  update.open_object()
    .text("sessionUpdate", "usage_update")
    .number("used", used)
    .number("size", size)
    .key("cost");
  if (cost.empty())
    update.null();
  else
    update.open_object()
      .raw("amount", cost)
      .text("currency", "USD")
      .close_object();
  return acp::update_line(session_id, update.close_object().take());
}

std::string extension_line(std::string_view method, std::string_view params) {
  json::writer out{params.size() + 128};
  return out.open_object()
    .text("jsonrpc", "2.0")
    .text("method", method)
    .raw("params", params)
    .close_object()
    .take();
}

} // namespace agent_server::claude
