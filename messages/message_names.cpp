#include "messages/message_names.hpp"

#include "messages/actors.hpp"

#include <array>

namespace agent_server {

namespace {

struct named_type {
  const std::type_info* type;
  const char* name;
};

template <class T>
named_type named(const char* name) {
  return {&typeid(T), name};
}

} // namespace

const char* message_name(const std::type_info& type) {
  static const std::array table{
    named<agent_closed>("agent_closed"),
    named<agent_gone>("agent_gone"),
    named<agent_mode_changed>("agent_mode_changed"),
    named<agent_opened>("agent_opened"),
    named<agent_refreshed>("agent_refreshed"),
    named<refresh_agent>("refresh_agent"),
    named<repository_ready>("repository_ready"),
    named<context_window_known>("context_window_known"),
    named<agent_options_changed>("agent_options_changed"),
    named<alarm>("alarm"),
    named<append_log>("append_log"),
    named<attach_client>("attach_client"),
    named<await_file>("await_file"),
    named<output_set>("output_set"),
    named<refresh_session>("refresh_session"),
    named<session_refreshed>("session_refreshed"),
    named<set_output>("set_output"),
    named<await_idle>("await_idle"),
    named<session_idle>("session_idle"),
    named<boot_closed>("boot_closed"),
    named<boot_failed>("boot_failed"),
    named<boot_over>("boot_over"),
    named<boot_ready>("boot_ready"),
    named<cancel_prompt>("cancel_prompt"),
    named<cancel_turn>("cancel_turn"),
    named<close_agent>("close_agent"),
    named<close_session>("close_session"),
    named<close_takes>("close_takes"),
    named<close_streams>("close_streams"),
    named<command_reply>("command_reply"),
    named<command_request>("command_request"),
    named<config_options>("config_options"),
    named<detach_client>("detach_client"),
    named<disk_flushed>("disk_flushed"),
    named<end_process>("end_process"),
    named<fetch_context>("fetch_context"),
    named<fetch_task_again>("fetch_task_again"),
    named<file_exists>("file_exists"),
    named<flush_disk>("flush_disk"),
    named<flush_log>("flush_log"),
    named<get_models>("get_models"),
    named<get_run>("get_run"),
    named<get_session_state>("get_session_state"),
    named<get_task>("get_task"),
    named<http_is_ready>("http_is_ready"),
    named<http_request>("http_request"),
    named<http_response>("http_response"),
    named<journal_entry>("journal_entry"),
    named<log_appended>("log_appended"),
    named<log_flushed>("log_flushed"),
    named<log_line>("log_line"),
    named<make_working_directory>("make_working_directory"),
    named<models>("models"),
    named<message_relayed>("message_relayed"),
    named<relay_message>("relay_message"),
    named<next_prompt>("next_prompt"),
    named<open_agent>("open_agent"),
    named<open_session>("open_session"),
    named<permission_answer>("permission_answer"),
    named<permission_question>("permission_question"),
    named<permission_resolved>("permission_resolved"),
    named<permissions_ended>("permissions_ended"),
    named<withdraw_permission>("withdraw_permission"),
    named<announce_permission>("announce_permission"),
    named<answer_permission>("answer_permission"),
    named<clients_changed>("clients_changed"),
    named<end_permissions>("end_permissions"),
    named<retract_permission>("retract_permission"),
    named<session_mode>("session_mode"),
    named<phase_began>("phase_began"),
    named<phase_ended>("phase_ended"),
    named<phase_retrying>("phase_retrying"),
    named<write_file>("write_file"),
    named<file_written>("file_written"),
    named<pinned_model>("pinned_model"),
    named<posted_command>("posted_command"),
    named<process_gone>("process_gone"),
    named<process_line>("process_line"),
    named<process_stopped>("process_stopped"),
    named<prompt_agent>("prompt_agent"),
    named<prompt_ended>("prompt_ended"),
    named<read_pinned_model>("read_pinned_model"),
    named<readiness_changed>("readiness_changed"),
    named<replace_agent>("replace_agent"),
    named<run_updated>("run_updated"),
    named<session_closed>("session_closed"),
    named<session_opened>("session_opened"),
    named<session_state>("session_state"),
    named<set_agent_option>("set_agent_option"),
    named<set_config_option>("set_config_option"),
    named<show_text>("show_text"),
    named<start_process>("start_process"),
    named<stop_process>("stop_process"),
    named<streams_closed>("streams_closed"),
    named<task>("task"),
    named<task_context>("task_context"),
    named<task_run>("task_run"),
    named<turn_cancelled>("turn_cancelled"),
    named<typed_line>("typed_line"),
    named<typed_prompt>("typed_prompt"),
    named<update_run>("update_run"),
    named<user_message>("user_message"),
    named<user_message_done>("user_message_done"),
    named<warm_models>("warm_models"),
    named<working_directory_made>("working_directory_made"),
    named<write_line>("write_line"),
    named<upload_artifacts>("upload_artifacts"),
    named<artifacts_uploaded>("artifacts_uploaded"),
    named<download_artifact>("download_artifact"),
    named<artifact_downloaded>("artifact_downloaded"),
    named<restore_checkpoint>("restore_checkpoint"),
    named<checkpoint_restored>("checkpoint_restored"),
    named<follow_session>("follow_session"),
    named<sync_branch>("sync_branch"),
    named<save_checkpoint>("save_checkpoint"),
    named<checkpoint_saved>("checkpoint_saved"),
    named<pull_request_found>("pull_request_found"),
    named<read_branch>("read_branch"),
    named<branch_read>("branch_read"),
    named<capture_repository>("capture_repository"),
    named<repository_captured>("repository_captured"),
    named<apply_checkpoint>("apply_checkpoint"),
    named<checkpoint_applied>("checkpoint_applied"),
    named<session_actor>("watch_session"),
    named<workspace_observer_actor>("watch_workspace"),
    named<journal_tap_actor>("watch_journal"),
    named<client_watch_actor>("watch_clients"),
    named<process_owner_actor>("watch_process_owner"),
    named<readiness_actor>("watch_readiness"),
    named<agent_observer_actor>("watch_agent_observer"),
  };
  for (const auto& entry : table)
    if (*entry.type == type)
      return entry.name;
  return nullptr;
}

} // namespace agent_server
