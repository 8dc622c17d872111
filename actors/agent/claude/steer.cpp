// Messages that are written while a turn runs. The CLI takes such a message up
// between two calls of its model, and echoes it then. When the turn ends before
// that, it goes on with the message in a turn of its own, which belongs to the
// same prompt here.
#include "actors/agent/claude/session.hpp"

#include "messages/wire/claude/frame_facts.hpp"
#include "messages/wire/claude/prompt.hpp"
#include "messages/wire/claude/updates.hpp"

#include <algorithm>
#include <utility>

namespace agent_server::claude {

caf::result<steered> cli_state::steer(const steer_agent& m) {
  if (gone)
    return gone;
  if (!running || !running->claimed)
    return steered{false, "no turn is running"};
  if (running->cancelled || running->refused)
    return steered{false, "the running turn is being ended"};
  if (running->steers.size() >= max_waiting_steers)
    return steered{false, "too many messages wait for the agent"};
  const auto uuid = launch.make_uuid();
  write(user_frame(uuid, m.blocks));
  running->steers.push_back(uuid);
  for (auto& line : user_message_chunks(launch.session.id, m.blocks))
    publish(std::move(line));
  return steered{true, {}};
}

bool cli_state::steer_was_taken(const frame& f) {
  if (!running)
    return false;
  auto& steers = running->steers;
  const auto found =
    std::find_if(steers.begin(), steers.end(),
                 [&](const std::string& uuid) { return echoes(f, uuid); });
  if (found == steers.end())
    return false;
  steers.erase(found);
  running->held.reset();
  return true;
}

bool cli_state::goes_on_with_steers(const turn_result& result) {
  if (running->steers.empty())
    return false;
  running->held = result;
  running->held_round = ++held_count;
  self->delayed_send(
    self, steer_patience,
    alarm{steer_alarm, running->held_round, trace::current_cause()});
  return true;
}

void cli_state::steer_expired(std::uint32_t round) {
  if (!running || !running->held || running->held_round != round)
    return;
  log->warn("the agent did not go on with a message that came while its turn "
            "ran");
  drop_steers();
  auto result = std::move(*running->held);
  running->held.reset();
  end_with(std::move(result));
}

// What the CLI has not taken up must not begin a turn that nobody waits for.
void cli_state::drop_steers() {
  for (const auto& uuid : std::exchange(running->steers, {}))
    call(
      0, [](const frame&) {},
      [uuid](const std::string& id) {
        return cancel_message_request(id, uuid);
      });
}

} // namespace agent_server::claude
