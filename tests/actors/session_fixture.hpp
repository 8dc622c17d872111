#pragma once

#include "actors/health.hpp"
#include "actors/session.hpp"
#include "fixture.hpp"

#include <memory>
#include <string>
#include <vector>

namespace agent_server::test {

/// The peers of a session, each answered by the test.
struct peers_script {
  inbox<fetch_context, task_context> contexts;
  inbox<fetch_task_again, task> tasks;
  inbox<open_agent, agent_opened> opens;
  inbox<open_session, session_opened> sessions;
  inbox<prompt_agent, prompt_ended> prompts;
  inbox<steer_agent, steered> steers;
  std::vector<turn_said> said;
  inbox<set_agent_option, config_options> options;
  inbox<close_agent, agent_closed> closes;
  inbox<get_models, models> catalogue;
  inbox<await_file, file_exists> files;
  inbox<load_earlier_run, earlier_run> earlier_runs;
  inbox<restore_checkpoint, checkpoint_restored> restores;
  inbox<fetch_attachments, attachments_fetched> attachments;
  inbox<save_checkpoint, checkpoint_saved> saves;
  std::vector<follow_session> followed;
  int branch_syncs = 0;
  std::vector<make_working_directory> directories;
  caf::error directory_problem;
  std::vector<launch_plan> replaced;
  std::vector<std::string> warmed;
  std::vector<std::string> journal;
  std::vector<end_process> ended;
  std::vector<std::string> modes;
  bool permissions_ended_first = false;
  int cancelled = 0;
  int repositories_ready = 0;

  void clear() {
    contexts.items.clear();
    tasks.items.clear();
    opens.items.clear();
    sessions.items.clear();
    prompts.items.clear();
    steers.items.clear();
    options.items.clear();
    closes.items.clear();
    catalogue.items.clear();
    files.items.clear();
    earlier_runs.items.clear();
    restores.items.clear();
    attachments.items.clear();
    saves.items.clear();
  }
};

using script = std::shared_ptr<peers_script>;

template <class Actor, class Make>
Actor make(caf::actor_system& system, script s, Make behaviour) {
  return system.spawn(
    [behaviour](typename Actor::pointer me, script with) ->
    typename Actor::behavior_type { return behaviour(me, with); },
    s);
}

struct session_fixture : fixture {
  script peers = std::make_shared<peers_script>();
  std::shared_ptr<plane_inbox> plane = std::make_shared<plane_inbox>();
  std::shared_ptr<published_health> published =
    std::make_shared<published_health>();
  server_config config;
  std::string settings_model;
  session_actor booting;

  session_fixture() {
    at_end.emplace_back([box = peers] { box->clear(); });
    at_end.emplace_back([box = plane] { box->clear(); });
    config.control_plane.api_url = "https://us.posthog.com";
    config.control_plane.run_id = "R";
    config.control_plane.task_id = "T";
    config.repository_path = "/repo";
    config.state_directory = "/state";
    config.agent_command = {"/bin/agent"};
  }

  void boot() {
    session_peers with;
    with.task_fetch =
      make<task_fetch_actor>(system, peers, [](auto me, auto s) {
        return task_fetch_actor::behavior_type{
          [=](const fetch_context& m) { return s->contexts.take(me, m); },
          [=](const fetch_task_again& m) { return s->tasks.take(me, m); },
        };
      });
    with.control_plane = fake_plane(system, plane);
    with.catalog =
      make<model_catalog_actor>(system, peers, [](auto me, auto s) {
        return model_catalog_actor::behavior_type{
          [=](const warm_models& m) { s->warmed.push_back(m.gateway_url); },
          [=](const get_models& m) { return s->catalogue.take(me, m); },
        };
      });
    with.agent = make<agent_actor>(system, peers, [](auto me, auto s) {
      return agent_actor::behavior_type{
        [](const process_line&) {},
        [](const process_gone&) {},
        [](const agent_observer_actor&) {},
        [=](const open_agent& m) { return s->opens.take(me, m); },
        [=](const replace_agent& m) { s->replaced.push_back(m.plan); },
        [=](const open_session& m) { return s->sessions.take(me, m); },
        [=](const prompt_agent& m) { return s->prompts.take(me, m); },
        [=](const steer_agent& m) { return s->steers.take(me, m); },
        [=](const cancel_prompt&) { ++s->cancelled; },
        [=](const set_agent_option& m) { return s->options.take(me, m); },
        [=](const repository_ready&) { ++s->repositories_ready; },
        [](const context_window_known&) {},
        [](const refresh_agent&) { return agent_refreshed{}; },
        [=](const close_agent& m) { return s->closes.take(me, m); },
      };
    });
    with.health = system.spawn(health, published, health_snapshot{});
    with.event_log = make<event_log_actor>(system, peers, [](auto, auto s) {
      return event_log_actor::behavior_type{
        [=](const journal_entry& m) { s->journal.push_back(*m.notification); },
        [](const journal_tap_actor&) {},
        [](const attach_client&) {},
        [](const detach_client&) {},
        [](const close_streams&) { return streams_closed{}; },
      };
    });
    with.session_log = make<session_log_actor>(system, peers, [](auto, auto) {
      return session_log_actor::behavior_type{
        [](const journal_entry&) {},
        [](const flush_log&) { return log_flushed{}; },
        [](const agent_server::alarm&) {},
      };
    });
    with.file_watch =
      make<file_watch_actor>(system, peers, [](auto me, auto s) {
        return file_watch_actor::behavior_type{
          [=](const await_file& m) { return s->files.take(me, m); },
        };
      });
    const auto model = settings_model;
    with.disk = make<disk_actor>(system, peers, [model](auto, auto s) {
      return disk_actor::behavior_type{
        [](const log_line&) {},
        [](const write_file&) { return file_written{}; },
        [](const remove_file&) {},
        [](const flush_disk&) { return disk_flushed{}; },
        [model](const read_pinned_model&) { return pinned_model{model}; },
        [=](const make_working_directory& m)
          -> caf::result<working_directory_made> {
          s->directories.push_back(m);
          if (s->directory_problem)
            return s->directory_problem;
          return working_directory_made{};
        },
      };
    });
    with.lifecycle = make<lifecycle_actor>(system, peers, [](auto, auto s) {
      return lifecycle_actor::behavior_type{
        [](const session_actor&) {},
        [=](const end_process& m) { s->ended.push_back(m); },
        [](const close_takes&) {},
        [](const agent_server::alarm&) {},
      };
    });
    with.permissions =
      make<permission_desk_actor>(system, peers, [](auto, auto s) {
        return permission_desk_actor::behavior_type{
          [](const permission_question&) { return permission_answer{}; },
          [](const withdraw_permission&) {},
          [](const answer_permission&) { return permission_resolved{}; },
          [=](const session_mode& m) { s->modes.push_back(m.mode); },
          [=](const end_permissions&) {
            s->permissions_ended_first = s->closes.size() == 0;
            return permissions_ended{};
          },
        };
      });
    with.resume_log =
      make<resume_log_actor>(system, peers, [](auto me, auto s) {
        return resume_log_actor::behavior_type{
          [=](const load_earlier_run& m) {
            return s->earlier_runs.take(me, m);
          },
          [](const agent_server::alarm&) {},
        };
      });
    with.attachments =
      make<attachments_actor>(system, peers, [](auto me, auto s) {
        return attachments_actor::behavior_type{
          [=](const fetch_attachments& m) {
            return s->attachments.take(me, m);
          },
        };
      });
    with.workspace = make<workspace_actor>(system, peers, [](auto me, auto s) {
      return workspace_actor::behavior_type{
        [](const journal_entry&) {},
        [](const workspace_observer_actor&) {},
        [=](const follow_session& m) { s->followed.push_back(m); },
        [=](const sync_branch&) { ++s->branch_syncs; },
        [=](const save_checkpoint& m) { return s->saves.take(me, m); },
        [=](const restore_checkpoint& m) { return s->restores.take(me, m); },
        [](const agent_server::alarm&) {},
      };
    });
    with.turn_relay = make<turn_relay_actor>(system, peers, [](auto, auto s) {
      return turn_relay_actor::behavior_type{
        [=](const turn_said& m) { s->said.push_back(m); },
        [](const question_posted&) {},
      };
    });
    session_setup setup;
    setup.config = std::make_shared<const server_config>(config);
    setup.agent_program = "/bin/agent";
    setup.process_mark = "MARK=1";
    setup.default_mode = "bypassPermissions";
    setup.settings_files = {"/home/u/.claude/settings.json"};
    booting = system.spawn(session, with, setup, log);
    run();
  }

  task_context context(std::string description = "mend the fence") {
    task found;
    found.description = std::move(description);
    return {found, {}};
  }

  void give_context() {
    peers->contexts.answer(0, context());
    run();
  }
  void give_agent(std::uint32_t generation = 1) {
    peers->opens.answer(peers->opens.size() - 1,
                        agent_opened{"a", "1", generation});
    run();
  }
  void give_session(std::string options = {}) {
    peers->sessions.answer(0, session_opened{"s", {std::move(options)}});
    run();
  }
  void give_models() {
    auto list = std::make_shared<const std::vector<model_info>>(
      std::vector<model_info>{{"claude-opus-4-7", "anthropic", 1'000'000},
                              {"claude-sonnet-4-6", "anthropic", 1'000'000}});
    peers->catalogue.answer(0, models{list});
    run();
  }
  void boot_pinned() {
    config.model = "claude-opus-4-7";
    boot();
    give_context();
    give_agent();
    give_session();
  }

  readiness state() const { return published->read()->state; }

  bool was_published(const std::string& part) const {
    for (const auto& line : peers->journal)
      if (line.find(part) != std::string::npos)
        return true;
    return false;
  }

  bool was_patched(const std::string& part) const {
    for (const auto& item : plane->updates.items)
      if (item.question.body.find(part) != std::string::npos)
        return true;
    return false;
  }
};

} // namespace agent_server::test
