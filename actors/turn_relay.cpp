#include "actors/turn_relay.hpp"

#include "messages/error.hpp"

#include <utility>

namespace agent_server {

std::string joined(const std::vector<std::string>& texts) {
  std::string whole;
  for (const auto& text : texts) {
    if (!whole.empty())
      whole += "\n\n";
    whole += text;
  }
  return whole;
}

void turn_relay_state::post(const turn_said& said) {
  if (std::exchange(question_waits, false))
    return;
  auto text = joined(said.texts);
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    return;
  self->request(control_plane, caf::infinite, relay_message{std::move(text)})
    .then([](const message_relayed&) {},
          [this](const caf::error& err) {
            log->warn("what the agent said could not be posted: "
                      + describe(err));
          });
}

turn_relay_actor::behavior_type turn_relay(turn_relay_self* self,
                                           control_plane_actor control_plane,
                                           logger log) {
  auto& state = self->state;
  state.self = self;
  state.control_plane = std::move(control_plane);
  state.log = std::move(log);
  return {
    [self](const turn_said& said) { self->state.post(said); },
    [self](const question_posted&) { self->state.question_waits = true; },
  };
}

} // namespace agent_server
