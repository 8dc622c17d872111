#include "messages/wire/cloud_prompt.hpp"

#include "messages/wire/json_reader.hpp"
#include "messages/wire/json_writer.hpp"

namespace agent_server {

namespace {

constexpr std::string_view blocks_prefix = "__twig_cloud_prompt_v1__:";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\n\v\f\r";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// The `blocks` of a serialised prompt, or empty when it is not one.
std::string serialised_blocks(std::string_view text) {
  rapidjson::Document prompt;
  if (!json::read(prompt, text))
    return {};
  const auto* blocks = json::find(&prompt, "blocks");
  if (blocks == nullptr || !blocks->IsArray() || blocks->Empty())
    return {};
  return json::dump(*blocks);
}

} // namespace

std::string decode_cloud_prompt(std::string_view content) {
  const auto text = trimmed(content);
  if (text.empty())
    return {};
  if (text.substr(0, blocks_prefix.size()) == blocks_prefix)
    if (auto blocks = serialised_blocks(text.substr(blocks_prefix.size()));
        !blocks.empty())
      return blocks;
  return text_blocks(text);
}

std::string code_cloud_prompt(std::string_view blocks) {
  return std::string{blocks_prefix}
         + json::writer{blocks.size() + 16}
             .open_object()
             .raw("blocks", blocks)
             .close_object()
             .take();
}

std::string text_blocks(std::string_view text) {
  return json::writer{text.size() + 64}
    .open_array()
    .open_object()
    .text("type", "text")
    .text("text", text)
    .close_object()
    .close_array()
    .take();
}

} // namespace agent_server
