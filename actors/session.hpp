#pragma once

#include "actors/agent/environment.hpp"
#include "actors/agent/launch.hpp"
#include "actors/logger.hpp"
#include "actors/resumption.hpp"
#include "actors/trace/traced.hpp"
#include "actors/turns.hpp"
#include "messages/actors.hpp"
#include "messages/config.hpp"
#include "messages/wire/model_catalog.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent_server {

/// How long a config option that the one-entry list does not hold waits for
/// the refresh that is under way.
constexpr std::chrono::seconds option_refresh_wait{15};

/// How long an agent may take to go on with other MCP servers.
constexpr std::chrono::seconds refresh_timeout{30};
/// Pauses before a model list that could not be had is asked for again, and how
/// often that is done.
constexpr std::chrono::seconds first_catalog_pause{2};
constexpr std::chrono::seconds longest_catalog_pause{300};
constexpr std::uint32_t max_catalog_repeats = 20;

/// How long the last checkpoint may take, and what comes after it.
constexpr std::chrono::seconds last_checkpoint_limit{25};
constexpr std::chrono::milliseconds last_log_limit{1'500};

/// The alarm that asks again; those of the boot's phases are smaller.
constexpr std::uint32_t follow_catalog_alarm = boot_phase_count;

/// Who a session talks to.
struct session_peers {
  task_fetch_actor task_fetch;
  control_plane_actor control_plane;
  model_catalog_actor catalog;
  agent_actor agent;
  health_actor health;
  event_log_actor event_log;
  session_log_actor session_log;
  file_watch_actor file_watch;
  disk_actor disk;
  lifecycle_actor lifecycle;
  permission_desk_actor permissions;
  resume_log_actor resume_log;
  attachments_actor attachments;
  workspace_actor workspace;
  turn_relay_actor turn_relay;
};

/// What a session is made with.
struct session_setup {
  std::shared_ptr<const server_config> config;
  /// The agent's executable; empty when there is none.
  std::string agent_program;
  /// The environment entry that marks the agent's processes.
  std::string process_mark;
  /// What was assumed when the agent was started.
  launch_facts guess;
  /// The mode of a run that names none.
  std::string default_mode;
  /// Modes that never ask may be offered.
  bool bypass_allowed = true;
  /// The agent's settings files, highest precedence first.
  std::vector<std::string> settings_files;
};

struct session_actor_state;
using session_self =
  caf::stateful_actor<session_actor_state, traced<session_actor::base>>;

struct session_actor_state {
  static inline const char* name = "session";

  enum class stage : std::uint8_t { starting, ready, closing, closed, failed };

  session_self* self = nullptr;
  session_peers peers;
  session_setup setup;
  std::optional<logger> log;
  stage now = stage::starting;
  std::vector<caf::typed_response_promise<session_closed>> waiting_for_close;

  // What the boot has gathered so far.
  std::optional<task_context> context;
  bool agent_open = false;
  /// Which process of the agent counts; a replaced one's answers do not.
  std::uint32_t agent_generation = 1;
  /// The repository is in place; it is there for the agent once nothing of it
  /// is to be restored.
  bool repository_came = false;
  bool repository_there = false;
  bool settings_known = false;
  std::string settings_model;
  bool creating = false;
  std::optional<session_opened> opened;
  bool waiting_for_models = false;
  std::uint32_t catalog_repeats = 0;
  std::string gateway;
  launch_facts facts;
  /// What the agent was started without, for an agent that takes it later.
  variables late_environment;

  std::string session_id;
  /// The agent's own options; empty when it reports none.
  std::string agent_options;
  catalog_options options;
  resumption resuming;
  turns prompts;
  /// The running turn waits for its attachments.
  bool fetching_attachments = false;
  bool cancelled_while_fetching = false;
  bool first_turn_decided = false;
  /// The agent is being given other MCP servers; prompts wait.
  bool refreshing = false;
  /// The run's pull request, when it has one.
  std::string pull_request_url;
  /// What the caller that closes the session says of its clone.
  local_git_state callers_clone;
  std::string last_failure;
  std::vector<caf::typed_response_promise<session_idle>> waiting_for_idle;

  const server_config& config() const { return *setup.config; }
  bool starting() const { return now == stage::starting; }

  // The boot's steps, each entered once its inputs are there.
  void start();
  void open_the_agent();
  void await_repository();
  void make_directory();
  void enter_repository();
  void read_settings();
  void take_context(const task_context& found);
  void compare_with_guess(const launch_facts& real);
  void replace_the_agent(launch_plan plan);
  void warm_catalog();
  void create_session_if_ready();
  void complete(open_session& opening) const;
  void take_session(const session_opened& found);
  void finish_if_ready();
  void become_ready();
  void give_up(const caf::error& why);
  void phase_expired(boot_phase phase, std::uint32_t generation);
  /// The phase that an error of the boot belongs to.
  std::optional<boot_phase> phase_of(ec code) const;
  void begin_phase(boot_phase phase, std::chrono::milliseconds deadline);
  void end_phase(boot_phase phase);

  // Going on from an earlier run, and attachments (session_resume.cpp).
  void resume(const std::string& run_id);
  void take_earlier_run(const earlier_run& found);
  /// Lets the agent have the repository once it is as it is to be seen.
  void settle_repository();
  void restore_repository();
  void fetch_attachments_of(const turn& next);

  // After the boot.
  void follow_catalog();
  void follow_catalog_later();
  void take_models(const model_list& list);
  void tell_context_window();
  void first_turn();
  void start_first_turn(const std::optional<task>& found);
  void first_turn_failed(const caf::error& err, bool resumes);
  void clear_consumed_keys(const std::vector<std::string>& keys);
  void run_next_prompt();
  void prompt_the_agent(const turn& running, std::string blocks);
  void take_prompt_end(const prompt_ended& done);
  void prompt_finished(const prompt_ended& done);
  void prompt_failed(const caf::error& err);
  void tell_relay(std::vector<std::string> texts);
  caf::result<user_message_done> queue_message(const user_message& m);
  caf::result<steered> steer(const steer_turn& m);
  caf::result<turn_cancelled> cancel();
  caf::result<config_options> set_option(const set_config_option& m);
  void apply_option(const set_config_option& m,
                    caf::typed_response_promise<config_options> promise);
  caf::result<session_refreshed> refresh(const refresh_session& m);
  caf::result<session_idle> wait_until_idle();
  void tell_if_idle();
  void take_mode(const agent_mode_changed& m);
  caf::result<session_closed> close(const close_session& m);
  void closed();
  void lose_agent(const agent_gone& m);
  void close_agent_and_log();
  void save_last_checkpoint();
  void deliver_log();

  std::string current_options() const;
  void publish(std::string notification);
  void patch_run(std::string body, const char* what);
};

/// Boots one session (every step as early as its inputs allow), runs its first
/// prompt, and then serves commands.
session_actor::behavior_type session(session_self* self, session_peers peers,
                                     session_setup setup, logger log);

} // namespace agent_server
