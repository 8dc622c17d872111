#pragma once

#include "actors/trace/recorder.hpp"
#include "messages/boot_report.hpp"

#include <vector>

namespace agent_server {

/// Reads a boot out of its records: boxes are spans, and who waited for whom
/// follows from the causes. The boot ends with the first arrival at
/// `ready: published`; spans that began later are not part of it. Records that
/// the ring no longer holds leave gaps, never errors.
boot_report make_boot_report(const std::vector<trace::record>& records,
                             steady_ns exec_at);

} // namespace agent_server
