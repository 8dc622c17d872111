#pragma once

#include "messages/workspace.hpp"

#include <string>
#include <string_view>

namespace agent_server {

/// The notification `_posthog/git_checkpoint`.
std::string git_checkpoint_event(const git_checkpoint& checkpoint,
                                 std::string_view device_name);

} // namespace agent_server
