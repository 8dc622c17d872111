#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <string>
#include <vector>

namespace agent_server {

/// One answer that the agent offers.
struct permission_option {
  std::string id;
  std::string name;
  std::string kind; // allow_once, allow_always, reject_once, reject_always
};

/// A tool call that the agent will not run without leave.
struct permission_question {
  std::string title;
  std::vector<permission_option> options;
};

/// The chosen option; an empty id means cancelled.
struct permission_answer {
  std::string option_id;
};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::permission_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::permission_answer)
