#pragma once

#include "messages/agent.hpp"
#include "messages/attachment.hpp"
#include "messages/boot.hpp"
#include "messages/command.hpp"
#include "messages/event_stream.hpp"
#include "messages/http.hpp"
#include "messages/journal.hpp"
#include "messages/log.hpp"
#include "messages/model.hpp"
#include "messages/permission.hpp"
#include "messages/process.hpp"
#include "messages/resume.hpp"
#include "messages/task.hpp"
#include "messages/terminal.hpp"
#include "messages/workspace.hpp"

#include <caf/typed_actor.hpp>

namespace agent_server {

/// Armed by an actor for itself: `what` names the deadline or tick, `armed_by`
/// is the trace record that armed it.
struct alarm {
  std::uint32_t what = 0;
  std::uint32_t round = 0;
  std::uint64_t armed_by = 0;
};

/// Waits until the file exists. Error: `ec::repository_timeout`.
struct await_file {
  std::string path;
  std::chrono::milliseconds deadline{300'000};
};
struct file_exists {};

/// Asks the process to end.
struct end_process {
  int exit_status = 0;
  std::string reason;
  /// The boot failed: `/health` must stay readable for a moment.
  bool boot_failed = false;
};

/// From the session that is being closed: what it does now may take this long,
/// from now on.
struct close_takes {
  std::chrono::milliseconds limit{0};
};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::alarm)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::await_file)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::file_exists)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::end_process)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::close_takes)

namespace agent_server {

/// Writes the log, reads the agent's settings files, and makes its directory;
/// has a thread of its own.
using disk_actor = caf::typed_actor<
  // Writes one line of log.
  caf::reacts_to<log_line>,
  // Answers when all lines before it are written.
  caf::replies_to<flush_disk>::with<disk_flushed>,
  // Reads the model pinned by settings files.
  caf::replies_to<read_pinned_model>::with<pinned_model>,
  caf::replies_to<write_file>::with<file_written>, caf::reacts_to<remove_file>,
  // Makes the agent's working directory.
  caf::replies_to<make_working_directory>::with<working_directory_made>>;

/// Performs HTTP exchanges; the only owner of libcurl.
using outbound_actor =
  caf::typed_actor<caf::replies_to<http_request>::with<http_response>>;

/// Calls of the task API. `control_plane` speaks HTTP, `local_plane` answers
/// from a directory. Errors: `ec::control_plane_unreachable`,
/// `ec::control_plane_refused`; for log entries also `ec::entries_refused` and
/// `ec::answer_lost`.
using control_plane_actor = caf::typed_actor<
  caf::replies_to<get_task>::with<task>,
  caf::replies_to<get_run>::with<task_run>,
  caf::replies_to<get_run_log>::with<run_log>,
  caf::replies_to<update_run>::with<run_updated>,
  caf::replies_to<set_output>::with<output_set>,
  caf::replies_to<append_log>::with<log_appended>,
  caf::replies_to<relay_message>::with<message_relayed>,
  caf::replies_to<upload_artifacts>::with<artifacts_uploaded>,
  caf::replies_to<download_artifact>::with<artifact_downloaded>,
  // Calls from now on have their own deadlines.
  caf::reacts_to<boot_over>,
  // The next try of a call that failed.
  caf::reacts_to<alarm>>;

/// Owns the task and the run, each fetched once a boot.
using task_fetch_actor =
  caf::typed_actor<caf::replies_to<fetch_context>::with<task_context>,
                   caf::replies_to<fetch_task_again>::with<task>>;

/// Reads what an earlier run of the task said and did.
using resume_log_actor =
  caf::typed_actor<caf::replies_to<load_earlier_run>::with<earlier_run>,
                   // The next part of a log that is being read.
                   caf::reacts_to<alarm>>;

/// Puts the files that come with a message where the agent finds them.
using attachments_actor = caf::typed_actor<
  caf::replies_to<fetch_attachments>::with<attachments_fetched>>;

/// Models by gateway, refreshed in the background.
using model_catalog_actor =
  caf::typed_actor<caf::reacts_to<warm_models>,
                   caf::replies_to<get_models>::with<models>>;

/// Told once when readiness is known.
using readiness_actor = caf::typed_actor<caf::reacts_to<readiness_changed>>;

/// Publishes the snapshot behind `GET /health`.
using health_actor =
  caf::typed_actor<caf::reacts_to<phase_began>, caf::reacts_to<phase_ended>,
                   caf::reacts_to<phase_retrying>,
                   caf::reacts_to<http_is_ready>, caf::reacts_to<boot_ready>,
                   caf::reacts_to<boot_failed>, caf::reacts_to<boot_closed>,
                   // Tells this actor when readiness is known (at once if it
                   // is).
                   caf::reacts_to<readiness_actor>>;

/// Tells the outside, once, that the server cannot start.
using failed_start_actor = caf::typed_actor<caf::reacts_to<boot_failed>>;

/// Whoever owns a child process hears of it.
using process_owner_actor =
  caf::typed_actor<caf::reacts_to<process_line>, caf::reacts_to<process_gone>>;

/// A child process, its group and its pipes.
using child_process_actor = caf::typed_actor<
  // Names the owner; output is read from then on.
  caf::reacts_to<process_owner_actor>, caf::reacts_to<start_process>,
  caf::reacts_to<write_line>,
  caf::replies_to<stop_process>::with<process_stopped>>;

/// Whoever drives an agent hears what happens to it unasked.
using agent_observer_actor =
  caf::typed_actor<caf::reacts_to<agent_gone>,
                   caf::reacts_to<agent_options_changed>,
                   caf::reacts_to<agent_mode_changed>>;

/// A driver: speaks one agent's protocol. Errors: `ec::agent_crashed`,
/// `ec::agent_refused`, `ec::agent_not_found`, `ec::agent_error`.
using agent_actor = process_owner_actor::extend<
  // Names the observer.
  caf::reacts_to<agent_observer_actor>,
  caf::replies_to<open_agent>::with<agent_opened>,
  caf::reacts_to<replace_agent>, caf::reacts_to<repository_ready>,
  caf::replies_to<open_session>::with<session_opened>,
  caf::replies_to<prompt_agent>::with<prompt_ended>,
  caf::replies_to<steer_agent>::with<steered>, caf::reacts_to<cancel_prompt>,
  caf::replies_to<set_agent_option>::with<config_options>,
  caf::reacts_to<context_window_known>,
  caf::replies_to<refresh_agent>::with<agent_refreshed>,
  caf::replies_to<close_agent>::with<agent_closed>>;

/// Whom a driver asks for leave.
using permissions_actor = caf::typed_actor<
  caf::replies_to<permission_question>::with<permission_answer>,
  caf::reacts_to<withdraw_permission>, caf::reacts_to<session_mode>>;

/// The owner of the open permission questions.
using permission_desk_actor = permissions_actor::extend<
  caf::replies_to<answer_permission>::with<permission_resolved>,
  caf::replies_to<end_permissions>::with<permissions_ended>>;

/// Whoever wants to know how many clients listen: told at once and at each
/// change.
using client_watch_actor = caf::typed_actor<caf::reacts_to<clients_changed>>;

/// Puts permission questions to the clients of the event stream.
using client_permissions_actor =
  permission_desk_actor::extend<caf::reacts_to<clients_changed>,
                                // A question that waited too long.
                                caf::reacts_to<alarm>>;

/// The terminal of local mode: prints what the agent says, and reads prompts
/// and the answers to permission questions from the same input.
using terminal_actor = permission_desk_actor::extend<
  caf::reacts_to<journal_entry>, caf::reacts_to<show_text>,
  caf::replies_to<next_prompt>::with<typed_prompt>,
  // From its own input.
  caf::reacts_to<typed_line>>;

/// Whoever wants every journal entry as it comes.
using journal_tap_actor = caf::typed_actor<caf::reacts_to<journal_entry>>;

/// The numbered stream of events and its clients.
using event_log_actor =
  caf::typed_actor<caf::reacts_to<journal_entry>,
                   // Hands a copy of each entry on from now.
                   caf::reacts_to<journal_tap_actor>,
                   caf::reacts_to<attach_client>, caf::reacts_to<detach_client>,
                   caf::replies_to<close_streams>::with<streams_closed>>;

/// The same, with what its clients are asked and what its edge and its spool
/// tell it.
using event_stream_actor = event_log_actor::extend<
  caf::reacts_to<client_watch_actor>, caf::reacts_to<announce_permission>,
  caf::reacts_to<retract_permission>, caf::reacts_to<client_ready>,
  caf::reacts_to<open_spool>,
  // The end of a turn, or of a pause.
  caf::reacts_to<alarm>>;

/// Keeps the events in files; has a thread of its own.
using event_spool_actor =
  caf::typed_actor<caf::replies_to<open_spool>::with<spool_opened>,
                   caf::replies_to<spool_frames>::with<frames_spooled>,
                   caf::replies_to<read_spool>::with<spool_read>,
                   caf::reacts_to<note_received>,
                   // It is time to put what was written on the disk.
                   caf::reacts_to<alarm>>;

/// Waits for the disk; has a thread of its own.
using file_sync_actor =
  caf::typed_actor<caf::replies_to<sync_file>::with<file_synced>>;

/// Coalesces and delivers log entries.
using session_log_actor =
  caf::typed_actor<caf::reacts_to<journal_entry>,
                   caf::replies_to<flush_log>::with<log_flushed>,
                   caf::reacts_to<alarm>>;

/// Posts what the agent says where the run was asked for.
using turn_relay_actor =
  caf::typed_actor<caf::reacts_to<turn_said>, caf::reacts_to<question_posted>>;

/// Answers once the file is there.
using file_watch_actor =
  caf::typed_actor<caf::replies_to<await_file>::with<file_exists>>;

/// Whoever wants to know of the pull request that the agent opened.
using workspace_observer_actor =
  caf::typed_actor<caf::reacts_to<pull_request_found>>;

/// Runs git in the agent's working directory; has a thread of its own. Errors:
/// `ec::workspace_failed`.
using repository_actor = caf::typed_actor<
  caf::replies_to<read_branch>::with<branch_read>,
  caf::replies_to<capture_repository>::with<repository_captured>,
  caf::replies_to<apply_checkpoint>::with<checkpoint_applied>>;

/// Keeps the control plane informed of what the agent does to the repository:
/// its branch, its pull request, its state. Hears of tool calls as a journal
/// tap. Errors: `ec::workspace_failed`.
using workspace_actor = journal_tap_actor::extend<
  // Names the observer.
  caf::reacts_to<workspace_observer_actor>, caf::reacts_to<follow_session>,
  caf::reacts_to<sync_branch>,
  caf::replies_to<save_checkpoint>::with<checkpoint_saved>,
  caf::replies_to<restore_checkpoint>::with<checkpoint_restored>,
  // The next checkpoint is due.
  caf::reacts_to<alarm>>;

/// The session's state machine: starting, ready, closing, or failed.
using session_actor = agent_observer_actor::extend<
  caf::reacts_to<pull_request_found>,
  caf::replies_to<get_session_state>::with<session_state>,
  caf::replies_to<user_message>::with<user_message_done>,
  caf::replies_to<steer_turn>::with<steered>,
  caf::replies_to<cancel_turn>::with<turn_cancelled>,
  caf::replies_to<set_config_option>::with<config_options>,
  caf::replies_to<refresh_session>::with<session_refreshed>,
  caf::replies_to<await_idle>::with<session_idle>,
  caf::replies_to<close_session>::with<session_closed>,
  // A deadline of a phase.
  caf::reacts_to<alarm>>;

/// Ends the process in good order: session, log, streams, then the I/O loop.
using lifecycle_actor = caf::typed_actor<
  // Names the session that is to be closed first.
  caf::reacts_to<session_actor>, caf::reacts_to<end_process>,
  caf::reacts_to<close_takes>,
  // A step took too long.
  caf::reacts_to<alarm>>;

/// Checks and executes POST /command.
using commands_actor =
  caf::typed_actor<caf::replies_to<command_request>::with<command_reply>>;

/// Carries commands from the HTTP edge to `commands` and the replies back.
using command_relay_actor = caf::typed_actor<caf::reacts_to<posted_command>>;

} // namespace agent_server
