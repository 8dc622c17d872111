#include "messages/wire/claude/prompt.hpp"

#include "messages/wire/acp_agent.hpp"
#include "messages/wire/json_reader.hpp"
#include "messages/wire/json_writer.hpp"

#include <algorithm>

namespace agent_server::claude {

namespace {

using rapidjson::Value;

constexpr std::string_view file_scheme = "file://";

bool starts_with(std::string_view text, std::string_view head) {
  return text.substr(0, head.size()) == head;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size()) {
      const auto high = hex_digit(text[at + 1]);
      const auto low = hex_digit(text[at + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        at += 2;
        continue;
      }
    }
    out += text[at];
  }
  return out;
}

std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

/// `/mcp:server:command …` as the CLI names it: `/server:command (MCP) …`.
std::string cli_command(std::string_view text) {
  constexpr std::string_view head = "/mcp:";
  if (!starts_with(text, head))
    return std::string{text};
  const auto name = text.substr(head.size());
  const auto colon = name.find(':');
  const auto end = std::min(name.find_first_of(" \t\r\n"), name.size());
  if (colon == std::string_view::npos || colon == 0 || colon + 1 >= end)
    return std::string{text};
  std::string out = "/";
  out += name.substr(0, end);
  out += " (MCP)";
  out += name.substr(end);
  return out;
}

std::string link_to(std::string_view name, std::string_view uri) {
  if (starts_with(uri, file_scheme)) {
    const auto path = percent_decoded(uri.substr(file_scheme.size()));
    return "Attached file available in the workspace: "
           + std::string{name.empty() ? last_part(path) : name} + " (" + path
           + ")";
  }
  return "[@" + std::string{name.empty() ? last_part(uri) : name} + "]("
         + std::string{uri} + ")";
}

void write_text(json::writer& out, std::string_view text) {
  out.open_object().text("type", "text").text("text", text).close_object();
}

void write_image(json::writer& out, const Value& block) {
  const auto data = json::text_of(json::find(&block, "data"));
  const auto uri = json::text_of(json::find(&block, "uri"));
  const bool is_url =
    starts_with(uri, "http://") || starts_with(uri, "https://");
  if (data.empty() && !is_url)
    return;
  out.open_object().text("type", "image").key("source").open_object();
  if (!data.empty())
    out.text("type", "base64")
      .text("media_type", json::text_of(json::find(&block, "mimeType")))
      .text("data", data);
  else
    out.text("type", "url").text("url", uri);
  out.close_object().close_object();
}

/// Writes a block; what is to stand behind all blocks goes to `trailing`.
void write_block(json::writer& out, const Value& block,
                 std::vector<std::string>& trailing) {
  const auto type = json::text_of(json::find(&block, "type"));
  if (type == "text") {
    write_text(out, cli_command(json::text_of(json::find(&block, "text"))));
  } else if (type == "resource_link") {
    write_text(out, link_to(json::text_of(json::find(&block, "name")),
                            json::text_of(json::find(&block, "uri"))));
  } else if (type == "image") {
    write_image(out, block);
  } else if (type == "resource") {
    const auto* resource = json::find(&block, "resource");
    const auto text = json::text_at(resource, "text");
    if (!text)
      return;
    const auto uri = json::text_of(json::find(resource, "uri"));
    write_text(out, link_to({}, uri));
    trailing.push_back("\n<context ref=\"" + std::string{uri} + "\">\n" + *text
                       + "\n</context>");
  }
}

} // namespace

std::string user_frame(std::string_view uuid, std::string_view blocks,
                       std::string_view context) {
  json::writer out{blocks.size() + context.size() + 256};
  out.open_object()
    .text("type", "user")
    .text("uuid", uuid)
    .key("message")
    .open_object()
    .text("role", "user")
    .key("content")
    .open_array();
  if (!context.empty())
    write_text(out, context);
  rapidjson::Document document;
  if (json::read(document, blocks) && document.IsArray()) {
    std::vector<std::string> trailing;
    for (const auto& block : document.GetArray())
      write_block(out, block, trailing);
    for (const auto& text : trailing)
      write_text(out, text);
  }
  out.close_array().close_object().key("parent_tool_use_id").null();
  return out.text("session_id", "").close_object().take();
}

std::vector<std::string> user_message_chunks(std::string_view session_id,
                                             std::string_view blocks) {
  std::vector<std::string> lines;
  rapidjson::Document document;
  if (!json::read(document, blocks) || !document.IsArray())
    return lines;
  for (const auto& block : document.GetArray()) {
    json::writer update{256};
    update.open_object()
      .text("sessionUpdate", "user_message_chunk")
      .raw("content", json::dump(block))
      .close_object();
    lines.push_back(acp::update_line(session_id, update.take()));
  }
  return lines;
}

} // namespace agent_server::claude
