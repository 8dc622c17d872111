#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Base64 of RFC 4648, section 4, with padding.
namespace agent_server {

std::string base64(std::string_view bytes);

/// Nothing when the text is not base64; line breaks are passed over.
std::optional<std::string> decode_base64(std::string_view text);

} // namespace agent_server
