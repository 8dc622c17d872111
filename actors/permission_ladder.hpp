#pragma once

#include "messages/permission.hpp"
#include "messages/wire/permission_json.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace agent_server {

/// How a run's permission questions are decided.
struct permission_settings {
  /// A person is there, or will come: questions wait for an answer without a
  /// limit. Others wait for `deadline`.
  bool attended = true;
  /// The run was asked for in a Slack thread: the agent's questions go there.
  bool asks_in_thread = false;
  /// Commands that publish may run.
  bool may_publish = true;
  /// The modes whose tool calls are put to a person; in all others they are
  /// granted.
  std::vector<std::string> asking_modes{"default", "auto", "read-only"};
  std::chrono::milliseconds deadline{300'000};
};

/// The moment at which a question comes.
struct permission_moment {
  std::string_view mode;
  bool client_attached = false;
  /// Nobody answered the last question in time, and nobody has come since.
  bool left_alone = false;
};

enum class permission_step : std::uint8_t {
  ask_in_thread,
  refuse_publishing,
  wait,
  wait_until_deadline,
  decide,
};

/// What is done with a question. First match:
/// 1. a question of the agent in a run that a thread asked for: put there;
/// 2. a command that publishes, where that is not allowed: refused;
/// 3. a plan, or a question of the agent: waits for a person, in every mode;
/// 4. a tool call in a mode that does not ask: decided;
/// 5. an attended run: waits;
/// 6. a client is attached, and somebody answers there: waits;
/// 7. decided.
permission_step first_step(const permission_call& call,
                           const permission_settings& settings,
                           const permission_moment& moment);

/// What nobody was asked about, or nobody answered: the first option that
/// allows, else the first; cancelled when there is none. A question of the
/// agent is refused: its options are answers, and nobody gave one.
permission_answer decided(const permission_question& question,
                          const permission_call& call);

/// The first option that rejects, with a sentence for the model; cancelled when
/// none rejects.
permission_answer refused(const permission_question& question,
                          std::string sentence);

/// An answer that chose an option of a question without saying what it answers:
/// the option's name, with what was written beside it, answers the first.
permission_answer completed(permission_answer answer,
                            const permission_question& question,
                            const permission_call& call);

} // namespace agent_server
