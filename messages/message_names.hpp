#pragma once

#include <typeinfo>

namespace agent_server {

/// The name of a message type in traces, or nullptr when it is not in the
/// table. The text has static storage.
const char* message_name(const std::type_info& type);

} // namespace agent_server
