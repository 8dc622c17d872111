#include "messages/wire/claude/tool_result.hpp"

#include "messages/wire/claude/tool_content.hpp"
#include "messages/wire/claude/tool_table.hpp"
#include "messages/wire/json_reader.hpp"

#include <array>

namespace agent_server::claude {

namespace {

using rapidjson::Value;

constexpr std::string_view reminder_start = "<system-reminder>";
constexpr std::string_view reminder_end = "</system-reminder>";

std::string cut(std::string_view text) {
  if (text.size() <= max_result_text)
    return std::string{text};
  auto end = max_result_text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return std::string{text.substr(0, end)} + "\n… ("
         + std::to_string(text.size() - end) + " bytes left out)";
}

/// Without what the CLI tells its model beside the file.
std::string without_reminders(std::string_view text) {
  std::string out;
  for (;;) {
    const auto start = text.find(reminder_start);
    const auto end = start == std::string_view::npos
                       ? std::string_view::npos
                       : text.find(reminder_end, start);
    if (end == std::string_view::npos)
      return out += text;
    auto before = text.substr(0, start);
    while (!before.empty() && before.back() == '\n')
      before.remove_suffix(1);
    out += before;
    text.remove_prefix(end + reminder_end.size());
  }
}

std::string_view without_blank_end(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

/// Calls `text(t)` and `image(mime type, data, url)` for each part.
template <class Text, class Image>
void each_part(const Value& result, Text text, Image image) {
  const auto* content = json::find(&result, "content");
  if (content == nullptr)
    return;
  if (content->IsString()) {
    text(json::text_of(content));
    return;
  }
  if (!content->IsArray())
    return;
  for (const auto& part : content->GetArray()) {
    const auto type = json::text_of(json::find(&part, "type"));
    if (type == "text") {
      text(json::text_of(json::find(&part, "text")));
    } else if (type == "image") {
      const auto* source = json::find(&part, "source");
      image(json::text_of(json::find(source, "media_type")),
            json::text_of(json::find(source, "data")),
            json::text_of(json::find(source, "url")));
    }
  }
}

void write_image(json::writer& out, std::string_view mime_type,
                 std::string_view data, std::string_view url) {
  if ((data.empty() && url.empty()) || data.size() > max_result_image)
    return;
  out.open_object().text("type", "content").key("content").open_object();
  out.text("type", "image").text("mimeType", mime_type).text("data", data);
  if (!url.empty())
    out.text("uri", url);
  out.close_object().close_object();
}

// How the text of a result is shown.
std::string plain(std::string_view text) {
  return std::string{text};
}
std::string file_text(std::string_view text) {
  return fenced(without_reminders(text));
}
std::string console_text(std::string_view text) {
  return fenced(without_blank_end(text), "console");
}
std::string error_text(std::string_view text) {
  return fenced(text);
}

struct row {
  std::string_view name;
  /// nullptr: what the call was for is shown already.
  std::string (*shown)(std::string_view);
  std::string_view title = {};
};

constexpr std::array<row, 8> rows{{
  {"Read", file_text},
  {"Bash", console_text},
  {"BashOutput", console_text},
  {"Edit", nullptr},
  {"Write", nullptr},
  {"NotebookEdit", nullptr},
  {"ExitPlanMode", nullptr, "Exited Plan Mode"},
  {"AskUserQuestion", plain, "Answer received"},
}};

constexpr row other_row{{}, plain};

const row& row_of(std::string_view name) {
  for (const auto& each : rows)
    if (each.name == name)
      return each;
  return other_row;
}

std::string content_of(const Value& result, std::string_view url,
                       std::string (*shown)(std::string_view)) {
  bool any = false;
  json::writer out;
  out.open_array();
  if (!url.empty())
    write_link(out, url);
  each_part(
    result,
    [&](std::string_view text) {
      if (without_blank_end(text).empty())
        return;
      any = true;
      write_text_content(out, shown(cut(text)));
    },
    [&](std::string_view mime_type, std::string_view data,
        std::string_view link) {
      any = true;
      write_image(out, mime_type, data, link);
    });
  return any ? out.close_array().take() : std::string{};
}

std::string structured_output(const Value& structured, bool failed) {
  json::writer out;
  out.open_object();
  for (const auto& each : structured.GetObject())
    if (json::text_of(&each.name) != "isError") {
      std::string key;
      json::append_quoted(key, json::text_of(&each.name));
      out.key(std::string_view{key}.substr(1, key.size() - 2))
        .raw(json::dump(each.value));
    }
  return out.key("isError").boolean(failed).close_object().take();
}

std::string plain_output(const Value& result, bool failed) {
  json::writer out;
  out.open_object().key("content").open_array();
  each_part(
    result,
    [&](std::string_view text) {
      out.open_object()
        .text("type", "text")
        .text("text", cut(text))
        .close_object();
    },
    [&](std::string_view mime_type, std::string_view data,
        std::string_view link) {
      if (data.size() > max_result_image)
        return;
      out.open_object().text("type", "image").key("source").open_object();
      if (!data.empty())
        out.text("type", "base64")
          .text("media_type", mime_type)
          .text("data", data);
      else
        out.text("type", "url").text("url", link);
      out.close_object().close_object();
    });
  return out.close_array().key("isError").boolean(failed).close_object().take();
}

// What a sub-agent that goes on by itself leaves for now is for the model
// alone.
bool runs_on(const Value* structured) {
  return json::text_of(json::find(structured, "status")) == "async_launched";
}

} // namespace

tool_outcome describe_result(std::string_view tool_name, const Value& result,
                             const Value* structured, std::string_view url) {
  tool_outcome out;
  const auto* is_error = json::find(&result, "is_error");
  out.failed = is_error != nullptr && is_error->IsTrue();
  const auto& found = row_of(tool_name);
  if (out.failed) {
    out.content = content_of(result, url, error_text);
  } else {
    out.title = found.title;
    if (found.shown != nullptr && !runs_on(structured))
      out.content = content_of(result, url, found.shown);
  }
  if (is_mcp_tool(tool_name) && structured != nullptr && structured->IsObject())
    out.raw_output = structured_output(*structured, out.failed);
  if (out.raw_output.empty() || out.raw_output.size() > max_result_image)
    out.raw_output = plain_output(result, out.failed);
  return out;
}

} // namespace agent_server::claude
