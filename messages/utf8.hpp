#pragma once

#include <cstddef>
#include <string_view>

/// Text counted in characters (code points) of UTF-8. Bytes that are none are
/// never split from their neighbours, only counted along.
namespace agent_server::utf8 {

std::size_t characters(std::string_view text);

/// The first / last `count` characters; all of a shorter text.
std::string_view first(std::string_view text, std::size_t count);
std::string_view last(std::string_view text, std::size_t count);

} // namespace agent_server::utf8
