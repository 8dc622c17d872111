#include "actors/local_conversation.hpp"

#include "messages/wire/cloud_prompt.hpp"

#include <utility>

namespace agent_server {

void local_conversation_state::await_turn() {
  self->request(session, caf::infinite, await_idle{})
    .then(
      [this](const session_idle& idle) {
        if (!idle.failure.empty())
          self->send(terminal, show_text{"The turn failed: " + idle.failure});
        if (once)
          end(!idle.failure.empty());
        else
          await_prompt();
      },
      [this](const caf::error& err) {
        self->send(terminal,
                   show_text{"The session is over: " + describe(err)});
        end(true);
      });
}

void local_conversation_state::await_prompt() {
  self->request(terminal, caf::infinite, next_prompt{})
    .then(
      [this](const typed_prompt& typed) {
        if (typed.ended)
          end(false);
        else
          send_prompt(typed.text);
      },
      [this](const caf::error&) { end(true); });
}

void local_conversation_state::send_prompt(const std::string& text) {
  const auto blocks = decode_cloud_prompt(text);
  if (blocks.empty()) {
    await_prompt();
    return;
  }
  self->request(session, caf::infinite, user_message{blocks})
    .then([this](const user_message_done&) { await_prompt(); },
          [this](const caf::error& err) {
            self->send(terminal,
                       show_text{"The turn failed: " + describe(err)});
            // A turn may fail and the next succeed, but not without an agent.
            if (code_of(err) == ec::agent_error)
              await_prompt();
            else
              end(true);
          });
}

void local_conversation_state::end(bool failed) {
  self->send(lifecycle,
             end_process{failed ? 1 : 0, failed ? "the turn failed" : "done"});
}

local_conversation_actor::behavior_type
local_conversation(local_conversation_self* self, session_actor session,
                   terminal_actor terminal, lifecycle_actor lifecycle,
                   bool once) {
  auto& state = self->state;
  state.self = self;
  state.session = std::move(session);
  state.terminal = std::move(terminal);
  state.lifecycle = std::move(lifecycle);
  state.once = once;
  return {
    [self](const boot_ready&) { self->state.await_turn(); },
  };
}

} // namespace agent_server
