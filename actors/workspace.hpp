#pragma once

#include "actors/logger.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/expected.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace agent_server {

/// The time between two checkpoints while the agent goes on changing files.
constexpr std::chrono::seconds checkpoint_pause{2};
/// How long git may take for a checkpoint, and for the last one of a session.
constexpr std::chrono::seconds capture_limit{60};
constexpr std::chrono::seconds last_capture_limit{15};
/// How many running tool calls are remembered.
constexpr std::size_t max_remembered_calls = 256;

/// Who a workspace talks to.
struct workspace_peers {
  control_plane_actor control_plane;
  repository_actor repository;
  event_log_actor event_log;
  session_log_actor session_log;
};

struct workspace_settings {
  /// There is a repository to look after.
  bool has_repository = false;
  /// Where downloads go until they are applied.
  std::string state_directory;
  /// What checkpoints call this machine.
  std::string device_name;
};

struct workspace_state;
using workspace_self =
  caf::stateful_actor<workspace_state, traced<workspace_actor::base>>;

struct workspace_state {
  static inline const char* name = "workspace";

  workspace_self* self = nullptr;
  workspace_peers peers;
  workspace_settings settings;
  std::optional<logger> log;

  void observe(workspace_observer_actor who) { observer_ = std::move(who); }
  void follow(const follow_session& m);
  void take(const journal_entry& entry);
  void tell_branch();
  caf::result<checkpoint_saved> save(const save_checkpoint& m);
  caf::result<checkpoint_restored> restore(const restore_checkpoint& m);
  void pause_over();

private:
  using saved_promise = caf::typed_response_promise<checkpoint_saved>;
  using restored_promise = caf::typed_response_promise<checkpoint_restored>;

  enum class step : std::uint8_t { idle, capturing, pausing };

  /// What a tool call that runs was seen to be.
  struct remembered_call {
    std::string id;
    bool edits_files = false;
    bool opens_pull_request = false;
  };

  struct last_save {
    local_git_state local;
    std::vector<saved_promise> promises;
  };

  remembered_call& remember(const std::string& id);
  void forget(const std::string& id);
  void found_pull_request(const std::string& url);
  void patch_branch(const std::string& branch);

  void files_changed();
  void begin_capture(const local_git_state& local,
                     std::chrono::milliseconds limit);
  void upload_pack(const repository_captured& captured);
  void upload_index(const repository_captured& captured, std::string pack_path);
  void kept(git_checkpoint checkpoint);
  void capture_failed(const caf::error& err);
  void capture_ended(bool made);
  bool is_known(const git_checkpoint& checkpoint) const;

  void apply(const git_checkpoint& checkpoint, restored_promise promise);

  std::optional<workspace_observer_actor> observer_;
  std::string session_id_;
  std::string pull_request_;
  std::string branch_;
  std::deque<remembered_call> calls_;
  /// A tool has been called: there may be something to save.
  bool tools_used_ = false;

  step now_ = step::idle;
  /// Files changed since the capture that runs, or the last one, began.
  bool changed_again_ = false;
  git_checkpoint last_;
  /// The one that is being made, and the one that waits for the capture that
  /// runs.
  std::optional<last_save> saving_;
  std::optional<last_save> waiting_;
};

/// Follows the session's tool calls and tells the control plane the branch, the
/// pull request and checkpoints; at most one checkpoint is in the making.
workspace_actor::behavior_type workspace(workspace_self* self,
                                         workspace_peers peers,
                                         workspace_settings settings,
                                         logger log);

} // namespace agent_server
