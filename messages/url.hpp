#pragma once

#include <string_view>

namespace agent_server {

/// Whether `text` is an absolute http or https URL with a host.
bool is_http_url(std::string_view text);

} // namespace agent_server
