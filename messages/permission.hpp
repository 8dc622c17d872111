#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <string>
#include <utility>
#include <vector>

namespace agent_server {

/// One answer that the agent offers.
struct permission_option {
  std::string id;
  std::string name;
  std::string kind; // allow_once, allow_always, reject_once, reject_always
};

/// A tool call that the agent will not run without leave: the params of ACP
/// `session/request_permission`.
struct permission_question {
  std::string title;
  std::vector<permission_option> options;
  /// Chosen by the driver; unique among its open questions.
  std::string id{};
  /// `options` and `toolCall` as JSON, exactly as clients are to see them.
  std::string options_json{};
  std::string tool_call_json{};
};

/// The chosen option; an empty id means cancelled.
struct permission_answer {
  std::string option_id;
  /// What the person wrote beside the choice. Of a cancelled question: a
  /// sentence for the model, which may then go on without an answer.
  std::string custom_input{};
  /// The answers to an agent's questions, by the text of the question.
  std::vector<std::pair<std::string, std::string>> answers{};
};

/// The agent no longer asks; the question is answered as cancelled.
struct withdraw_permission {
  std::string id;
};

/// A client's answer to an open request. Errors: `ec::invalid_params` when no
/// such request is open, or the option is none of its options.
struct answer_permission {
  std::string request_id;
  permission_answer answer;
};
struct permission_resolved {};

/// The session's mode: from the session before it is opened, then from the
/// driver at every change, before it asks anything in the new mode.
struct session_mode {
  std::string mode;
};

/// Refuses every open question and all that come: the session ends.
struct end_permissions {};
struct permissions_ended {};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::permission_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::permission_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::withdraw_permission)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::answer_permission)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::permission_resolved)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::session_mode)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::end_permissions)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::permissions_ended)
