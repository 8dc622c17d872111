#pragma once

#include <string>
#include <string_view>

namespace agent_server::claude {

/// What a plan's text lacks to be shown for approval, in a sentence; empty:
/// nothing. It needs some length and a markdown heading.
std::string missing_of_plan(std::string_view text);

} // namespace agent_server::claude
