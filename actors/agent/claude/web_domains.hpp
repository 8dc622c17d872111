#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agent_server::claude {

/// Why a WebFetch or WebSearch would leave the allowed hosts, in a sentence for
/// the agent; empty when it stays there, for other tools, and when `allowed` is
/// empty. A pattern `*.x` is x and all below it. A search stays there when it
/// names the domains that it is limited to.
std::string disallowed_domain(std::string_view tool_name,
                              std::string_view input,
                              const std::vector<std::string>& allowed);

} // namespace agent_server::claude
