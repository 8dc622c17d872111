#pragma once

#include "messages/attachment.hpp"
#include "messages/wire/json_reader.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace agent_server {

/// The artifacts of a run, or of a message (contract 9.2); items that are no
/// objects are passed over.
std::vector<attachment> read_attachments(const rapidjson::Value* list);

} // namespace agent_server
