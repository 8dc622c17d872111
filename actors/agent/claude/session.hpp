#pragma once

#include "actors/agent/acp.hpp"
#include "actors/agent/claude/cli_command.hpp"
#include "actors/agent/claude/control_calls.hpp"
#include "actors/agent/claude/permission_policy.hpp"
#include "actors/logger.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"
#include "messages/config.hpp"
#include "messages/secret.hpp"
#include "messages/wire/claude/conversion.hpp"
#include "messages/wire/claude/plan_file.hpp"
#include "messages/wire/claude/requests.hpp"
#include "messages/wire/model_catalog.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent_server::claude {

/// How long the CLI may take to answer a control request.
constexpr std::chrono::seconds control_timeout{30};
/// A CLI that has started answers `initialize` within this (measured: 34 to
/// 120 ms).
constexpr std::chrono::nanoseconds warm_answer{150'000'000};
/// How long after an interrupt the turn is ended without the CLI's word.
constexpr std::chrono::seconds interrupt_timeout{10};
/// What the CLI gets to write its conversation down before it is ended, and
/// then until it is killed: for a refresh, and at the end of the session.
constexpr std::chrono::milliseconds refresh_patience{2'000};
constexpr std::chrono::milliseconds refresh_grace{1'000};
constexpr std::chrono::milliseconds close_patience{400};
constexpr std::chrono::milliseconds close_grace{600};
/// How long after a result the CLI may take to begin with a message that was
/// written into the turn and that it has not taken up yet.
constexpr std::chrono::seconds steer_patience{5};
/// How many such messages may wait for the CLI.
constexpr std::size_t max_waiting_steers = 32;
/// A CLI that keeps dying is started again this often without a turn between.
constexpr int max_restarts = 3;
/// How often a turn asks again for output that the task's schema demands.
constexpr int max_schema_reminders = 2;
/// A CLI that asks its model again and again for such output is interrupted
/// after this many answers without a tool call.
constexpr int max_answers_without_output = 8;

/// What the driver needs to start CLIs.
struct cli_launch {
  std::shared_ptr<const server_config> config;
  /// The CLI's path; empty when there is none.
  std::string program;
  /// The environment entry that marks the agent's processes.
  std::string mark;
  cli_session session;
  /// One runs already, started as `make_cli_plan` says for a task that is not
  /// internal.
  bool running = false;
  /// Modes that never ask may be entered.
  bool bypass_allowed = true;
  /// Makes the ids of prompts.
  std::string (*make_uuid)() = nullptr;
};

/// Why calls to a CLI that was replaced fail.
constexpr const char* started_again = "the agent was started again";

/// What an alarm of the driver is for; `round` numbers the call or the turn.
constexpr std::uint32_t control_alarm = 1;
constexpr std::uint32_t interrupt_alarm = 2;
constexpr std::uint32_t steer_alarm = 3;

/// Also hears of its own deadlines.
using cli_actor = agent_actor::extend<caf::reacts_to<alarm>>;

/// Whether a CLI says that it was to go on with a conversation that is not
/// there: on its standard error, or in a result.
bool finds_nothing_to_resume(std::string_view words);

struct cli_state;
using cli_self = caf::stateful_actor<cli_state, traced<cli_actor::base>>;

struct cli_state {
  static inline const char* name = "agent";

  /// A prompt on its way through the CLI.
  struct turn {
    std::uint32_t number = 0;
    std::string blocks;
    /// Of the run's pull request; goes before the blocks.
    std::string context;
    std::string uuid;
    std::uint64_t acp_id = 0;
    std::uint64_t span = 0;
    caf::typed_response_promise<prompt_ended> promise;
    /// The session has asked for it; until then its frames wait.
    bool claimed = false;
    /// The CLI has taken the prompt up.
    bool taken = false;
    /// The CLI has said something since the prompt was written.
    bool noticed = false;
    bool cancelled = false;
    /// A tool was refused in a way that ends the turn.
    bool refused = false;
    int schema_reminders = 0;
    int answers_without_output = 0;
    std::string last_answer; // a message id
    /// The prompt is a slash command.
    bool is_command = false;
    /// Ids of messages written into the turn that the CLI has not taken up.
    std::vector<std::string> steers;
    /// What to end with when the CLI does not go on with those messages.
    std::optional<turn_result> held;
    std::uint32_t held_round = 0;
  };

  /// A question of the CLI that waits for an answer.
  struct open_question {
    tool_question asked;
    std::string acp_id;
  };

  cli_self* self = nullptr;
  acp_peers peers;
  cli_launch launch;
  disk_actor disk;
  std::optional<logger> log;
  std::vector<secret> secrets;
  agent_observer_actor observer;

  std::uint32_t generation = 1;
  std::uint64_t launch_span = 0;
  std::int64_t handshake_written_at = 0;
  std::uint64_t handshake_cause = 0;
  bool started = false;
  caf::error gone;
  bool closing = false;
  int restarts = 0;
  bool restarting = false;
  /// The CLI that was started again has said so.
  bool nothing_to_resume = false;
  std::size_t garbage_lines = 0; // of this process
  std::string version;

  control_calls calls;
  std::uint64_t next_client_id = 0;
  std::uint64_t next_agent_id = 0;
  caf::typed_response_promise<session_opened> creating;
  std::uint64_t creating_id = 0;
  caf::typed_response_promise<agent_refreshed> refreshing;

  /// What the session was opened with, changed by what was set since: the
  /// settings of a CLI that is started again.
  open_session wanted;
  std::string model;
  std::string effort;
  bool opened = false;
  /// A prompt has reached the CLI, so there is a conversation to resume.
  bool has_conversation = false;
  std::optional<conversion> converted;
  std::optional<permission_policy> policy;
  plan_file plan;
  std::string last_text;

  std::uint32_t turn_count = 0;
  std::uint32_t held_count = 0;
  std::optional<turn> running;
  /// Frames of a prompt that the session has not asked for yet.
  std::deque<frame> early_frames;
  /// The CLI runs a turn of its own accord.
  bool unasked_turn = false;
  std::map<std::string, open_question> questions;

  // The session (session.cpp).
  caf::result<agent_opened> open();
  void repository_is_there();
  caf::result<session_opened> create(const open_session& m);
  void write_handshake();
  std::uint64_t end_launch_span();
  void handshake_answered(const frame& answer);
  void session_is_open(const initialize_answer& found);
  void stop_process_for_good();
  caf::result<agent_closed> close();

  // Loss and replacement of the CLI (restart.cpp).
  void replace(const replace_agent& m);
  void start_process_again(bool resumes);
  void process_ended(const process_gone& m);
  caf::result<agent_refreshed> refresh(const refresh_agent& m);
  void end_for_refresh();
  bool start_on_other_footing(const process_gone& m, const std::string& text);
  void lose(const process_gone& m, std::string text);

  // Config options (options.cpp).
  caf::result<config_options> set_option(const set_agent_option& m);
  void option_was_set(const set_agent_option& m, std::uint64_t acp_id);
  void enter_mode(const std::string& mode);
  void learn_read_only_tools();

  // Messages into a turn that runs (steer.cpp).
  caf::result<steered> steer(const steer_agent& m);
  bool steer_was_taken(const frame& f);
  bool goes_on_with_steers(const turn_result& result);
  void steer_expired(std::uint32_t round);
  void drop_steers();

  // Prompts and what comes of them (turn.cpp).
  caf::result<prompt_ended> prompt(const prompt_agent& m);
  void send_prompt(std::string blocks, std::string context = {});
  void claim(const prompt_agent& m);
  void take_echo();
  void cancel();
  void interrupt();
  void take_line(const process_line& m);
  void take_garbage(const std::string& line);
  void take_frame(const frame& f);
  void count_answer(const frame& assistant);
  void take_system(const frame& f);
  void convert(const frame& f);
  void take_result(const frame& f);
  void end_with(turn_result result);
  bool remind_of_schema(const turn_result& result);
  void end_turn(prompt_ended done, const std::string& usage);
  void fail_turn(const caf::error& err);
  void alarm_rang(const alarm& m);

  // Questions of the CLI (questions.cpp).
  void take_question(const frame& f);
  void ask_permission(const tool_question& asked, permission_question question);
  void carry_out(const tool_question& asked, const verdict& decided);
  void answered(const std::string& request_id, const permission_answer& answer);
  std::string denial_of(const hook_call& hook);
  void take_hook(const frame& f);
  void withdraw(const std::string& request_id);
  void withdraw_all();

  /// Opens a control call, writes it, and watches its time.
  void call(std::uint64_t span, control_calls::continuation next,
            const std::function<std::string(const std::string& id)>& line);
  void write(std::string line);
  void publish(std::string line, journal_kind kind = journal_kind::other,
               std::string text = {});
  void publish(std::vector<acp_line> lines);
};

/// Drives the Claude CLI by its stream-json and control protocol; to the rest
/// of the server it is an ACP agent, whose lines it makes itself. `secrets` are
/// cut out of what the CLI's output contributes to logs and errors.
cli_actor::behavior_type claude_agent(cli_self* self, acp_peers peers,
                                      cli_launch launch, first_launch first,
                                      disk_actor disk,
                                      std::vector<secret> secrets, logger log);

} // namespace agent_server::claude
