#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <string>

namespace agent_server {

/// Asks for the next prompt typed at the terminal.
struct next_prompt {};
struct typed_prompt {
  std::string text;
  /// There will be no more.
  bool ended = false;
};

/// Prints text on lines of its own.
struct show_text {
  std::string text;
};

/// The terminal's input to the terminal: a line, or the end of the input.
struct typed_line {
  std::string text;
  bool ended = false;
};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::next_prompt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::typed_prompt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::show_text)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::typed_line)
