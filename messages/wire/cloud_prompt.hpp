#pragma once

#include <string>
#include <string_view>

namespace agent_server {

/// A prompt as the callers write it (plain text, or blocks behind the prefix
/// `__twig_cloud_prompt_v1__:`) as a JSON array of ACP content blocks; empty
/// when there is nothing to say.
std::string decode_cloud_prompt(std::string_view content);

/// A JSON array of content blocks in that form.
std::string code_cloud_prompt(std::string_view blocks);

/// One text block in an array.
std::string text_blocks(std::string_view text);

} // namespace agent_server
