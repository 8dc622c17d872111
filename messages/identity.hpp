#pragma once

#include "messages/secret.hpp"

#include <string>

namespace agent_server {

/// A random UUID (version 4).
std::string random_uuid();

/// 32 random bytes in hexadecimal.
secret random_token();

} // namespace agent_server
