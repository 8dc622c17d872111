#pragma once

#include "messages/secret.hpp"

#include <string>
#include <vector>

namespace agent_server {

/// `text` with every occurrence of a secret replaced by `[redacted]`, for texts
/// of others that go to a log, an event or the control plane.
std::string redacted(std::string text, const std::vector<secret>& secrets);

/// The secrets as they stand in JSON text, for `redacted`. Left out is what is
/// so short, or so plain (a number), that it would be found in innocent places.
std::vector<secret> hidden_in_json(const std::vector<secret>& secrets);

} // namespace agent_server
