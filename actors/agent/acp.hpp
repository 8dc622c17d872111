#pragma once

#include "actors/logger.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"
#include "messages/secret.hpp"
#include "messages/wire/acp.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace agent_server {

/// An agent that fills its output with what is not ACP is given up after this.
constexpr std::size_t max_garbage_lines = 2'000;
constexpr std::size_t max_garbage_bytes = 8u << 20;
/// How much of the agent's standard error a failure text carries.
constexpr std::size_t max_last_words = 2'000;
/// How many changes of config options may wait for the one under way, and how
/// long each may take the agent.
constexpr std::size_t max_waiting_options = 32;
constexpr std::chrono::seconds option_timeout{30};

/// Who an ACP driver talks to.
struct acp_peers {
  child_process_actor process;
  event_log_actor event_log;
  session_log_actor session_log;
  permissions_actor permissions;
};

/// The process that runs when the driver is spawned.
struct first_launch {
  /// The span that began with its spawn.
  std::uint64_t span = 0;
  /// Why there is no process.
  caf::error problem;
};

/// Also hears of its own deadlines.
using acp_actor = agent_actor::extend<caf::reacts_to<alarm>>;

struct acp_state;
using acp_self = caf::stateful_actor<acp_state, traced<acp_actor::base>>;

struct acp_state {
  static inline const char* name = "agent";

  enum class call_kind : std::uint8_t {
    initialize,
    session_new,
    prompt,
    set_config_option,
    set_mode_or_model,
  };
  struct call {
    call_kind kind = call_kind::initialize;
    std::uint64_t span = 0;
    set_agent_option option;
  };

  acp_self* self = nullptr;
  acp_peers peers;
  std::optional<logger> log;
  std::vector<secret> secrets;
  agent_observer_actor observer;

  std::uint32_t generation = 1;
  std::uint64_t launch_span = 0;
  caf::error gone;
  bool closing = false;
  std::string agent_name;
  std::size_t garbage_lines = 0;
  std::size_t garbage_bytes = 0;

  std::uint64_t next_id = 0;
  std::map<std::uint64_t, call> calls;
  caf::typed_response_promise<agent_opened> opening;
  caf::typed_response_promise<session_opened> creating;
  caf::typed_response_promise<prompt_ended> prompting;
  /// Changes of config options, one after another; the first is under way.
  struct option_change {
    set_agent_option option;
    caf::typed_response_promise<config_options> promise;
  };
  std::deque<option_change> changes;

  std::string session_id;
  std::string options;
  bool has_config_options = false;
  std::vector<std::string> turn_texts;
  bool text_open = false;
  /// Permission requests of the agent that are not answered: their JSON ids
  /// by the ids under which they were put. An agent may use its own twice.
  std::map<std::string, std::string> open_permissions;
  std::uint64_t last_question = 0;

  caf::result<agent_opened> open();
  void send_initialize();
  void replace(const replace_agent& m);
  caf::result<session_opened> create(const open_session& m);
  caf::result<prompt_ended> prompt(const prompt_agent& m);
  void cancel();
  caf::result<config_options> set_option(const set_agent_option& m);
  void begin_change();
  void send_option(const set_agent_option& m, call_kind kind);
  void option_expired(std::uint64_t id);
  /// Answers the change under way and begins the next.
  template <class Result>
  void end_change(Result result);
  caf::result<agent_closed> close();

  void take_line(const process_line& m);
  void take_garbage(const std::string& line);
  void take_result(const acp::incoming& in);
  void take_error(const acp::incoming& in);
  void take_request(const acp::incoming& in);
  void take_update(const acp::incoming& in);
  void ask_permission(const acp::incoming& in);
  void answer_permission(const std::string& question,
                         const permission_answer& answer);
  /// Forgets the open ones and returns their JSON ids.
  std::vector<std::string> withdraw_permissions();
  void option_was_set(const call& done, const std::string& reported);
  void process_ended(const process_gone& m);

  /// Writes a line to the agent; `shown` stands for it in log and events.
  void write(std::string line);
  void write(std::string line, std::string shown);
  void publish(std::shared_ptr<const std::string> line,
               journal_kind kind = journal_kind::other, std::string text = {});
  void fail_everything(const caf::error& err);
};

/// Drives any agent that speaks ACP over stdio. `secrets` are cut out of what
/// the agent's output contributes to logs and errors.
acp_actor::behavior_type acp_agent(acp_self* self, acp_peers peers,
                                   first_launch first,
                                   std::vector<secret> secrets, logger log);

} // namespace agent_server
