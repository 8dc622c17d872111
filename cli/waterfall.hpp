#pragma once

#include "messages/boot_report.hpp"

#include <string>

namespace agent_server {

/// Draws a boot for a terminal: a line a box on one time axis, then the total
/// and our own share. `columns` is the width to fit into; less than 60 counts
/// as 60. `colours` adds ANSI colours. UTF-8, ends with a line feed.
std::string waterfall(const boot_report& report, unsigned columns,
                      bool colours);

} // namespace agent_server
