#include "actors/workspace.hpp"

#include "messages/error.hpp"
#include "messages/wire/checkpoint.hpp"
#include "messages/wire/notifications.hpp"
#include "messages/wire/task_api.hpp"
#include "messages/wire/tool_call_facts.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <memory>
#include <utility>

namespace agent_server {

namespace {

bool is_told(const local_git_state& local) {
  return !local.head.empty() || !local.upstream_head.empty();
}

} // namespace

void workspace_state::follow(const follow_session& m) {
  session_id_ = m.session_id;
  pull_request_ = m.pull_request_url;
}

void workspace_state::take(const journal_entry& entry) {
  if (session_id_.empty() || entry.kind != journal_kind::other)
    return;
  const auto facts = read_tool_call(*entry.notification);
  if (facts.call_id.empty())
    return;
  tools_used_ = true;
  auto& call = remember(facts.call_id);
  call.edits_files = call.edits_files || facts.edits_files;
  call.opens_pull_request = call.opens_pull_request || facts.opens_pull_request;
  const bool edited =
    facts.changed_file || (call.edits_files && facts.completed);
  if (call.opens_pull_request && !facts.pull_request_url.empty())
    found_pull_request(facts.pull_request_url);
  if (facts.completed || facts.failed)
    forget(facts.call_id);
  if (edited)
    files_changed();
}

workspace_state::remembered_call&
workspace_state::remember(const std::string& id) {
  const auto found =
    std::find_if(calls_.begin(), calls_.end(),
                 [&](const auto& each) { return each.id == id; });
  if (found != calls_.end())
    return *found;
  if (calls_.size() >= max_remembered_calls)
    calls_.pop_front();
  calls_.emplace_back(remembered_call{id});
  return calls_.back();
}

void workspace_state::forget(const std::string& id) {
  const auto found =
    std::find_if(calls_.begin(), calls_.end(),
                 [&](const auto& each) { return each.id == id; });
  if (found != calls_.end())
    calls_.erase(found);
}

void workspace_state::found_pull_request(const std::string& url) {
  if (url == pull_request_)
    return;
  pull_request_ = url;
  log->info("the agent opened the pull request " + url);
  if (observer_)
    self->send(*observer_, pull_request_found{url});
  self
    ->request(peers.control_plane, caf::infinite,
              update_run{task_api::pull_request_body(url)})
    .then([](const run_updated&) {},
          [this](const caf::error& err) {
            log->warn("telling the pull request failed: " + describe(err));
          });
}

void workspace_state::tell_branch() {
  if (!settings.has_repository)
    return;
  self->request(peers.repository, caf::infinite, read_branch{})
    .then(
      [this](const branch_read& found) {
        if (found.branch.empty() || found.branch == branch_)
          return;
        patch_branch(found.branch);
      },
      [this](const caf::error& err) {
        log->warn("the branch could not be read: " + describe(err));
      });
}

void workspace_state::patch_branch(const std::string& branch) {
  branch_ = branch;
  self
    ->request(peers.control_plane, caf::infinite,
              update_run{task_api::branch_body(branch)})
    .then([](const run_updated&) {},
          [this, branch](const caf::error& err) {
            log->warn("telling the branch failed: " + describe(err));
            // So that the next turn tells it.
            if (branch_ == branch)
              branch_.clear();
          });
}

void workspace_state::files_changed() {
  if (!settings.has_repository)
    return;
  if (now_ == step::idle)
    begin_capture({}, capture_limit);
  else
    changed_again_ = true;
}

caf::result<checkpoint_saved> workspace_state::save(const save_checkpoint& m) {
  if (session_id_.empty() || !settings.has_repository
      || (!tools_used_ && !is_told(m.local)))
    return checkpoint_saved{false};
  auto promise = self->make_response_promise<checkpoint_saved>();
  if (!waiting_)
    waiting_.emplace();
  waiting_->local = m.local;
  waiting_->promises.push_back(promise);
  if (now_ != step::capturing) {
    saving_ = std::exchange(waiting_, std::nullopt);
    begin_capture(saving_->local, last_capture_limit);
  }
  return promise;
}

void workspace_state::begin_capture(const local_git_state& local,
                                    std::chrono::milliseconds limit) {
  now_ = step::capturing;
  changed_again_ = false;
  self
    ->request(peers.repository, caf::infinite, capture_repository{local, limit})
    .then(
      [this](const repository_captured& captured) {
        if (captured.checkpoint.checkpoint_id.empty()
            || is_known(captured.checkpoint))
          capture_ended(false);
        else
          upload_pack(captured);
      },
      [this](const caf::error& err) { capture_failed(err); });
}

// A caller that says where it stands waits for a checkpoint of its own.
bool workspace_state::is_known(const git_checkpoint& checkpoint) const {
  if (saving_ && is_told(saving_->local))
    return false;
  return checkpoint.head == last_.head && checkpoint.branch == last_.branch
         && checkpoint.index_tree == last_.index_tree
         && checkpoint.worktree_tree == last_.worktree_tree;
}

void workspace_state::upload_pack(const repository_captured& captured) {
  const auto name = "handoff/" + captured.checkpoint.checkpoint_id + ".pack";
  auto rest = captured;
  upload_artifacts pack{
    {{name, "application/x-git-packed-objects", std::move(rest.pack)}}};
  self->request(peers.control_plane, caf::infinite, std::move(pack))
    .then(
      [this, rest](const artifacts_uploaded& done) {
        upload_index(rest, done.storage_paths.front());
      },
      [this](const caf::error& err) { capture_failed(err); });
}

void workspace_state::upload_index(const repository_captured& captured,
                                   std::string pack_path) {
  auto checkpoint = captured.checkpoint;
  checkpoint.artifact_path = std::move(pack_path);
  const auto name = "handoff/" + checkpoint.checkpoint_id + ".index";
  upload_artifacts index{{{name, "application/octet-stream", captured.index}}};
  self->request(peers.control_plane, caf::infinite, std::move(index))
    .then(
      [this, checkpoint](const artifacts_uploaded& done) mutable {
        checkpoint.index_artifact_path = done.storage_paths.front();
        kept(std::move(checkpoint));
      },
      [this](const caf::error& err) { capture_failed(err); });
}

void workspace_state::kept(git_checkpoint checkpoint) {
  const auto entry =
    make_entry(git_checkpoint_event(checkpoint, settings.device_name));
  self->send(peers.event_log, entry);
  self->send(peers.session_log, entry);
  last_ = std::move(checkpoint);
  capture_ended(true);
}

void workspace_state::capture_failed(const caf::error& err) {
  log->warn("no checkpoint was saved: " + describe(err));
  capture_ended(false);
}

void workspace_state::capture_ended(bool made) {
  now_ = step::idle;
  if (const auto done = std::exchange(saving_, std::nullopt))
    for (auto promise : done->promises)
      promise.deliver(checkpoint_saved{made});
  if (waiting_) {
    saving_ = std::exchange(waiting_, std::nullopt);
    begin_capture(saving_->local, last_capture_limit);
  } else if (changed_again_) {
    now_ = step::pausing;
    self->delayed_send(self, checkpoint_pause,
                       alarm{0, 0, trace::current_cause()});
  }
}

void workspace_state::pause_over() {
  if (now_ == step::pausing)
    begin_capture({}, capture_limit);
}

caf::result<checkpoint_restored>
workspace_state::restore(const restore_checkpoint& m) {
  if (!settings.has_repository)
    return make_failure(ec::workspace_failed,
                        "there is no repository: --repositoryPath is not set");
  auto promise = self->make_response_promise<checkpoint_restored>();
  struct progress {
    int missing = 2;
    caf::error problem;
  };
  const auto shared = std::make_shared<progress>();
  auto next = [this, shared, promise, checkpoint = m.checkpoint]() mutable {
    if (--shared->missing > 0)
      return;
    if (shared->problem)
      promise.deliver(shared->problem);
    else
      apply(checkpoint, promise);
  };
  auto fetch = [&](const std::string& from, const char* to) {
    self
      ->request(peers.control_plane, caf::infinite,
                download_artifact{from, settings.state_directory + to})
      .then([next](const artifact_downloaded&) mutable { next(); },
            [next, shared](const caf::error& err) mutable {
              shared->problem = err;
              next();
            });
  };
  fetch(m.checkpoint.artifact_path, "/checkpoint.pack");
  fetch(m.checkpoint.index_artifact_path, "/checkpoint.index");
  return promise;
}

void workspace_state::apply(const git_checkpoint& checkpoint,
                            restored_promise promise) {
  apply_checkpoint order{checkpoint,
                         settings.state_directory + "/checkpoint.pack",
                         settings.state_directory + "/checkpoint.index"};
  self->request(peers.repository, caf::infinite, std::move(order))
    .then(
      [this, checkpoint, promise](const checkpoint_applied&) mutable {
        last_ = checkpoint;
        promise.deliver(checkpoint_restored{});
      },
      [promise](caf::error& err) mutable { promise.deliver(std::move(err)); });
}

workspace_actor::behavior_type workspace(workspace_self* self,
                                         workspace_peers peers,
                                         workspace_settings settings,
                                         logger log) {
  auto& state = self->state;
  state.self = self;
  state.peers = std::move(peers);
  state.settings = std::move(settings);
  state.log = std::move(log);
  return {
    [self](const journal_entry& entry) { self->state.take(entry); },
    [self](workspace_observer_actor who) {
      self->state.observe(std::move(who));
    },
    [self](const follow_session& m) { self->state.follow(m); },
    [self](const sync_branch&) { self->state.tell_branch(); },
    [self](const save_checkpoint& m) { return self->state.save(m); },
    [self](const restore_checkpoint& m) { return self->state.restore(m); },
    [self](const alarm& a) {
      trace::scope scope{a.armed_by};
      self->state.pause_over();
    },
  };
}

} // namespace agent_server
