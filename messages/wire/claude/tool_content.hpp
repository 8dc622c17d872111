#pragma once

#include "messages/wire/json_writer.hpp"

#include <string>
#include <string_view>

/// Items of the `content` of an ACP tool call.
namespace agent_server::claude {

/// A text block.
void write_text_content(json::writer& out, std::string_view text);

/// A change of a file; a null old text means that there was none.
void write_diff(json::writer& out, std::string_view path,
                const std::string* old_text, std::string_view new_text);

void write_link(json::writer& out, std::string_view uri);

/// `text` as a Markdown code block, whose fence is longer than any in it.
std::string fenced(std::string_view text, std::string_view language = {});

} // namespace agent_server::claude
