#pragma once

#include "messages/attachment.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent_server {

/// A task of the control plane, as far as the server reads it.
struct task {
  std::string description;
  /// JSON text of `json_schema`; empty when null or absent.
  std::string json_schema;
  bool internal = false;
};

/// One run of a task, as far as the server reads it.
struct task_run {
  std::string id;
  /// `state` fields that choose the first prompt and the session's mode.
  std::optional<std::string> initial_permission_mode;
  std::optional<std::string> initial_prompt_override;
  std::optional<std::string> resume_from_run_id;
  std::optional<std::string> slack_notified_pr_url;
  /// `state.pending_user_message` in the form that `decode_cloud_prompt` reads.
  std::optional<std::string> pending_user_message;
  std::vector<std::string> pending_artifact_ids;
  /// Those of the pending_* keys that are present in `state`.
  std::vector<std::string> pending_keys;
  /// The files kept with the run.
  std::vector<attachment> artifacts;
  /// The control plane says where its log is.
  bool has_log = false;
};

/// What the session needs to know before it is created. The task is absent
/// when its fetch failed.
struct task_context {
  std::optional<task> fetched_task;
  task_run run;
};

/// Asks for the task of this process.
struct get_task {};

/// Asks for a run of the task: this process's when no other is named.
struct get_run {
  std::string run_id = {};
};

/// The largest log of a run that is read, in bytes. It is held in memory.
constexpr std::size_t max_run_log = 64u << 20;

/// Asks for the log of a run of the task, one entry a line, with those of the
/// runs that it resumed before.
struct get_run_log {
  std::string run_id;
};
struct run_log {
  std::shared_ptr<const std::string> lines;
};

/// Starts both fetches (once a boot, whoever asks) and answers when both ended.
struct fetch_context {};

/// Asks for the task of the first prompt: the one fetched at boot, or a second
/// fetch when that failed.
struct fetch_task_again {};

/// Changes the run at the control plane; `body` is a JSON object.
struct update_run {
  std::string body;
};
struct run_updated {};

/// Tells the control plane the run's output, a JSON value.
struct set_output {
  std::string output;
};
struct output_set {};

/// Hands log entries (each a JSON object) to the control plane.
struct append_log {
  std::vector<std::shared_ptr<const std::string>> entries;
};
struct log_appended {};

/// Posts a text where the run was asked for (a Slack thread); the control plane
/// knows where, if anywhere.
struct relay_message {
  std::string text;
};
struct message_relayed {};

/// What the agent said in a turn; nothing of one that did not end well.
struct turn_said {
  std::vector<std::string> texts;
};

/// A question of the agent was posted with `relay_message`.
struct question_posted {};

/// The largest artifact that is uploaded or downloaded, in bytes. An upload is
/// held in memory, as it is sent.
constexpr std::size_t max_artifact_size = 32u << 20;

/// A file to be kept with the run; `content` is stored as it stands here.
struct artifact {
  std::string name;
  std::string content_type;
  std::shared_ptr<const std::string> content;
};

/// Keeps files with the run; may be repeated until it is known to have worked.
struct upload_artifacts {
  std::vector<artifact> artifacts;
};
/// Where they are kept, in the same order.
struct artifacts_uploaded {
  std::vector<std::string> storage_paths;
};

/// Writes an artifact to a file, whose directory exists, byte for byte and
/// readable by nobody else. A file that is there is replaced, and there is none
/// after an error.
struct download_artifact {
  std::string storage_path;
  std::string to_path;
  /// A larger one fails with `ec::control_plane_refused`.
  std::size_t max_size = max_artifact_size;
};
struct artifact_downloaded {
  std::size_t bytes = 0;
};

/// Ends the time in which control-plane calls share the boot's deadline.
struct boot_over {};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::task_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::task_context)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::get_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::get_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::get_run_log)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::run_log)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::fetch_context)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::fetch_task_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::update_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::run_updated)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::set_output)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::output_set)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::append_log)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::log_appended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::relay_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::message_relayed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::turn_said)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::question_posted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::boot_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::upload_artifacts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::artifacts_uploaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::download_artifact)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::artifact_downloaded)
