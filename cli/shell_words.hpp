#pragma once

#include <caf/expected.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace agent_server {

/// Splits a command line into words as a POSIX shell does: blanks, both kinds
/// of quotes and backslashes count; nothing is expanded. `source` names the
/// flag or variable in errors. Error: `ec::bad_config`, also when there is no
/// word at all.
caf::expected<std::vector<std::string>>
split_shell_words(std::string_view text, std::string_view source);

} // namespace agent_server
