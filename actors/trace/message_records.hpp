#pragma once

#include "actors/trace/recorder.hpp"

#include <caf/invoke_message_result.hpp>
#include <caf/mailbox_element.hpp>
#include <cstdint>
#include <optional>

namespace agent_server::trace {

/// Records that `element` goes into the mailbox of `receiver`.
void message_sent(const caf::mailbox_element& element, caf::actor_id receiver);

/// Records the handling of `element`; while it lives, the message is the cause
/// of whatever this thread sends or begins.
class message_handling {
public:
  message_handling(const caf::mailbox_element& element, caf::actor_id receiver);
  ~message_handling();
  message_handling(const message_handling&) = delete;
  message_handling& operator=(const message_handling&) = delete;

  void ended(caf::invoke_message_result result);

private:
  const caf::mailbox_element* element_;
  record entry_;
  scope scope_;
};

} // namespace agent_server::trace
