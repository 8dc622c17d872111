#include "messages/wire/claude/tool_content.hpp"

#include <algorithm>

namespace agent_server::claude {

void write_text_content(json::writer& out, std::string_view text) {
  out.open_object()
    .text("type", "content")
    .key("content")
    .open_object()
    .text("type", "text")
    .text("text", text)
    .close_object()
    .close_object();
}

void write_diff(json::writer& out, std::string_view path,
                const std::string* old_text, std::string_view new_text) {
  out.open_object().text("type", "diff").text("path", path).key("oldText");
  if (old_text != nullptr)
    out.text(*old_text);
  else
    out.null();
  out.text("newText", new_text).close_object();
}

void write_link(json::writer& out, std::string_view uri) {
  out.open_object()
    .text("type", "content")
    .key("content")
    .open_object()
    .text("type", "resource_link")
    .text("name", uri)
    .text("uri", uri)
    .close_object()
    .close_object();
}

std::string fenced(std::string_view text, std::string_view language) {
  std::size_t longest = 2;
  std::size_t run = 0;
  for (const auto c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  std::string out = fence;
  out += language;
  out += '\n';
  out += text;
  if (text.empty() || text.back() != '\n')
    out += '\n';
  return out + fence;
}

} // namespace agent_server::claude
