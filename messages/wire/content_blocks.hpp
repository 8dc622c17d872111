#pragma once

#include "messages/attachment.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

/// Content blocks of ACP, as JSON text.
namespace agent_server {

/// A `resource_link` to a file with an absolute path (contract 9.2).
std::string file_link_block(const attachment& file, std::string_view path);

/// One array of all blocks of several; empty texts are passed over, and the
/// result is empty when all are.
std::string joined_blocks(std::initializer_list<std::string_view> arrays);

} // namespace agent_server
