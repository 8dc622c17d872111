#pragma once

#include "actors/logger.hpp"
#include "actors/permission_ladder.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace agent_server {

/// An agent that has asked more than this without an answer is refused. A
/// single question may be larger.
constexpr std::size_t max_open_permissions = 256;
constexpr std::size_t max_open_permission_bytes = 32u << 20;

struct permission_peers {
  event_stream_actor event_stream;
  session_log_actor session_log;
  control_plane_actor control_plane;
  turn_relay_actor turn_relay;
};

struct permissions_state;
using permissions_self =
  caf::stateful_actor<permissions_state,
                      traced<client_permissions_actor::base>>;

struct permissions_state {
  static inline const char* name = "permissions";

  struct open_request {
    std::string request_id; // as clients know it
    std::uint32_t number = 0;
    permission_question question;
    permission_call call;
    caf::typed_response_promise<permission_answer> promise;
    std::uint64_t span = 0;
    std::size_t size = 0;
  };
  using requests = std::vector<open_request>;

  permissions_self* self = nullptr;
  permission_peers peers;
  permission_settings settings;
  std::optional<logger> log;

  requests open;
  std::size_t open_bytes = 0;
  std::uint32_t last_number = 0;
  std::string mode;
  std::size_t clients = 0;
  bool left_alone = false;
  bool ended = false;

  caf::result<permission_answer> ask(const permission_question& question);
  caf::result<permission_answer> put(const permission_question& question,
                                     permission_call call, bool until_deadline);
  caf::result<permission_answer>
  ask_in_thread(const permission_question& question,
                const permission_call& call);
  caf::result<permission_resolved> answer(const answer_permission& given);
  void withdraw(const std::string& question_id);
  void expired(std::uint32_t number);
  void count_clients(std::size_t attached);
  void end();

  /// Closes a request. `by` stands in the log.
  void resolve(requests::iterator request, const permission_answer& answer,
               const char* by);
};

/// Decides permission questions by the ladder of `first_step`. Open ones are
/// shown to every client of the event stream; the first answer counts.
client_permissions_actor::behavior_type
permissions(permissions_self* self, permission_peers peers,
            permission_settings settings, logger log);

} // namespace agent_server
