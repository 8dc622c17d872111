#include "messages/wire/content_blocks.hpp"

#include "messages/wire/json_writer.hpp"

namespace agent_server {

namespace {

bool stays_in_uri(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9')
         || std::string_view{"-._~/!$&'()*+,;=:@"}.find(c)
              != std::string_view::npos;
}

std::string file_uri(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string uri = "file://";
  for (const char c : path) {
    if (stays_in_uri(c)) {
      uri += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    uri += '%';
    uri += digits[byte >> 4];
    uri += digits[byte & 15];
  }
  return uri;
}

} // namespace

std::string file_link_block(const attachment& file, std::string_view path) {
  json::writer out{path.size() + 128};
  out.open_object().text("type", "resource_link");
  out.text("uri", file_uri(path)).text("name", file.name);
  if (!file.content_type.empty())
    out.text("mimeType", file.content_type);
  if (file.size)
    out.number("size", *file.size);
  return out.close_object().take();
}

std::string joined_blocks(std::initializer_list<std::string_view> arrays) {
  std::string joined;
  for (const auto array : arrays) {
    const auto first = array.find('[');
    const auto last = array.rfind(']');
    if (first == std::string_view::npos || last == std::string_view::npos)
      continue;
    const auto items = array.substr(first + 1, last - first - 1);
    if (items.empty())
      continue;
    joined += joined.empty() ? '[' : ',';
    joined += items;
  }
  if (!joined.empty())
    joined += ']';
  return joined;
}

} // namespace agent_server
