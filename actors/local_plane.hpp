#pragma once

#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <string>

namespace agent_server {

struct local_plane_state;
using local_plane_self =
  caf::stateful_actor<local_plane_state, traced<control_plane_actor::base>>;

/// The control plane's answers out of a directory: task.json, run.json,
/// log.ndjson and artifacts/, in the shapes of the task API.
struct local_plane_state {
  static inline const char* name = "local_plane";

  local_plane_self* self;
  std::string directory;
  std::string prompt;
  bool prepared = false;

  explicit local_plane_state(local_plane_self* selfptr) : self(selfptr) {}

  caf::result<task> read_task();
  caf::result<task_run> read_run();
  caf::result<run_updated> update(const update_run& change);
  caf::result<output_set> keep_output(const set_output& m);
  caf::result<log_appended> append(const append_log& log);
  caf::result<artifacts_uploaded> keep_artifacts(const upload_artifacts& m);
  caf::result<artifact_downloaded> copy_artifact(const download_artifact& m);

private:
  caf::error prepare();
  caf::error begin_run();
  caf::error merge(const std::string& change);
  std::string path(const char* file) const;
};

/// Answers from `directory`, which is made when missing. A task of the same
/// prompt that is there already is kept, and its run; for another prompt both
/// are written anew. It waits for the disk: spawn it detached.
control_plane_actor::behavior_type
local_plane(local_plane_self* self, std::string directory, std::string prompt);

} // namespace agent_server
