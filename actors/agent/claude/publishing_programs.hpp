#pragma once

#include <span>
#include <string>
#include <string_view>

namespace agent_server::claude {

using word_list = std::span<const std::string>;

std::string join_words(word_list words);

/// What one call of a program publishes.
struct published {
  /// As a person would call it ("git push"); empty: nothing.
  std::string what;
  /// A shell script that the program runs instead; empty: none.
  std::string script;
};

/// Looks at the arguments of git, gh, glab, hub and curl; other programs
/// publish nothing.
published published_by(std::string_view program, word_list arguments);

} // namespace agent_server::claude
