// How a session goes on from an earlier run: the log is loaded while the agent
// starts, and the repository is restored before the agent reads it.
#include "actors/session.hpp"

#include "actors/first_prompt.hpp"
#include "messages/wire/content_blocks.hpp"

#include <utility>

namespace agent_server {

void session_actor_state::resume(const std::string& run_id) {
  if (!resuming.run_id.empty())
    return; // the environment's word counts more than the run's
  resuming.run_id = run_id;
  resuming.loading = true;
  if (config().repository_path) {
    // Whether there is something to restore is not known yet.
    resuming.agent_saw_repository = std::exchange(repository_there, false);
    begin_phase(boot_phase::repository_ready, config().limits.repository_ready);
  }
  self->request(peers.resume_log, caf::infinite, load_earlier_run{run_id})
    .then([this](const earlier_run& found) { take_earlier_run(found); },
          [this](const caf::error& err) {
            log->warn("run " + resuming.run_id + " cannot be resumed: "
                      + describe(err) + "; the session starts fresh");
            take_earlier_run({});
          });
}

void session_actor_state::take_earlier_run(const earlier_run& found) {
  resuming.loading = false;
  resuming.found = found;
  settle_repository();
  if (now == stage::ready)
    first_turn();
}

void session_actor_state::settle_repository() {
  const bool concerned = config().repository_path.has_value();
  if (!starting() || repository_there || !repository_came
      || (concerned && (resuming.loading || resuming.restoring)))
    return;
  if (concerned && resuming.restore_is_due()) {
    restore_repository();
    return;
  }
  enter_repository();
}

void session_actor_state::restore_repository() {
  resuming.restoring = true;
  auto ended = [this](bool well) {
    resuming.restoring = false;
    resuming.restore_ended = true;
    resuming.restored = well;
    if (!starting())
      return;
    if (resuming.agent_saw_repository && !setup.agent_program.empty()) {
      log->info("the agent was started before the repository was restored: "
                "starting it again");
      replace_the_agent(make_launch_plan(config(), setup.agent_program, facts,
                                         setup.process_mark));
    }
    settle_repository();
  };
  self
    ->request(peers.workspace, config().limits.repository_ready,
              restore_checkpoint{*resuming.found.checkpoint})
    .then(
      [this, ended](const checkpoint_restored&) {
        log->info("the repository is as run " + resuming.run_id + " left it");
        ended(true);
      },
      [this, ended](const caf::error& err) {
        log->warn("the repository could not be restored: " + describe(err));
        ended(false);
      });
}

void session_actor_state::fetch_attachments_of(const turn& next) {
  fetching_attachments = true;
  self
    ->request(peers.attachments, caf::infinite,
              fetch_attachments{next.attachments})
    .then(
      [this](const attachments_fetched& found) {
        fetching_attachments = false;
        if (std::exchange(cancelled_while_fetching, false)) {
          prompt_finished({"cancelled", {}, {}});
          return;
        }
        const auto& running = prompts.current();
        prompt_the_agent(running, joined_blocks({running.blocks, found.blocks,
                                                 running.closing}));
      },
      [this](const caf::error& err) {
        fetching_attachments = false;
        cancelled_while_fetching = false;
        prompt_failed(err);
      });
}

} // namespace agent_server
