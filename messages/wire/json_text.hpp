#pragma once

#include <string>
#include <string_view>

namespace agent_server {

/// `text` as a JSON string with its quotes. Bytes that are not UTF-8 become
/// U+FFFD.
std::string json_quote(std::string_view text);

} // namespace agent_server
