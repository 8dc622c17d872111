#pragma once

#include "messages/boot_report.hpp"

#include <string>

namespace agent_server {

/// The body of `GET /boot`. Times are milliseconds with three decimals.
std::string boot_report_json(const boot_report& report);

} // namespace agent_server
