#pragma once

#include <string>
#include <string_view>

namespace agent_server {

/// Whether `text` is an absolute http or https URL with a host.
bool is_http_url(std::string_view text);

/// The text with user and password taken out of every URL in it. The user of an
/// ssh URL stays: it is a name, and part of the address.
std::string without_credentials(std::string_view text);

} // namespace agent_server
