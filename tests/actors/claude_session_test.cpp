#include "actors/agent/claude/session.hpp"

#include "fixture.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::claude;
using namespace agent_server::test;

namespace {

struct cli_script {
  std::vector<std::string> written;
  std::vector<start_process> started;
  int stopped = 0;
};

struct heard {
  std::vector<std::string> gone;
  std::vector<std::string> modes;
};

struct permission_script {
  inbox<permission_question, permission_answer> questions;
  std::vector<std::string> withdrawn;
  std::string mode;
};

permission_desk_actor
fake_permissions(caf::actor_system& system,
                 std::shared_ptr<permission_script> script) {
  return system.spawn(
    [](permission_desk_actor::pointer me, std::shared_ptr<permission_script> s)
      -> permission_desk_actor::behavior_type {
      return {
        [=](const permission_question& q) { return s->questions.take(me, q); },
        [=](const withdraw_permission& m) { s->withdrawn.push_back(m.id); },
        [](const answer_permission&) { return permission_resolved{}; },
        [=](const session_mode& m) { s->mode = m.mode; },
        [](const end_permissions&) { return permissions_ended{}; },
      };
    },
    script);
}

struct cli_fixture : fixture {
  std::shared_ptr<cli_script> process = std::make_shared<cli_script>();
  std::shared_ptr<heard> observed = std::make_shared<heard>();
  std::shared_ptr<permission_script> permissions =
    std::make_shared<permission_script>();
  std::shared_ptr<std::vector<journal_entry>> journal =
    std::make_shared<std::vector<journal_entry>>();
  std::shared_ptr<server_config> config = std::make_shared<server_config>();
  agent_actor driver;
  std::uint32_t generation = 1;

  cli_fixture() {
    at_end.emplace_back(
      [script = permissions] { script->questions.items.clear(); });
    config->repository_path = "/repo";
    config->state_directory = "/state";
    config->inherited_environment = {{"HOME", "/home/u"}, {"IS_SANDBOX", "1"}};
    acp_peers peers;
    peers.process = system.spawn(
      [](child_process_actor::pointer,
         std::shared_ptr<cli_script> s) -> child_process_actor::behavior_type {
        return {
          [](const process_owner_actor&) {},
          [s](const start_process& m) { s->started.push_back(m); },
          [s](const write_line& m) { s->written.push_back(*m.line); },
          [s](const stop_process&) {
            ++s->stopped;
            return process_stopped{};
          },
        };
      },
      process);
    peers.event_log = system.spawn(
      [](event_log_actor::pointer,
         std::shared_ptr<std::vector<journal_entry>> j)
        -> event_log_actor::behavior_type {
        return {
          [j](const journal_entry& entry) { j->push_back(entry); },
          [](const journal_tap_actor&) {},
          [](const attach_client&) {},
          [](const detach_client&) {},
          [](const close_streams&) { return streams_closed{}; },
        };
      },
      journal);
    peers.session_log = system.spawn(
      [](session_log_actor::pointer) -> session_log_actor::behavior_type {
        return {
          [](const journal_entry&) {},
          [](const flush_log&) { return log_flushed{}; },
          [](const agent_server::alarm&) {},
        };
      });
    peers.permissions = fake_permissions(system, permissions);
    cli_launch launch;
    launch.config = config;
    launch.program = "/bin/claude";
    launch.mark = "MARK=1";
    launch.session.id = "sid";
    launch.running = true;
    launch.make_uuid = [] {
      static int count = 0;
      return "uuid-" + std::to_string(++count);
    };
    driver =
      system.spawn(claude_agent, peers, std::move(launch), first_launch{},
                   fake_disk(), std::vector<secret>{secret{"hunter2"}}, log);
    const auto observer = system.spawn(
      [](agent_observer_actor::pointer,
         std::shared_ptr<heard> into) -> agent_observer_actor::behavior_type {
        return {
          [=](const agent_gone& m) { into->gone.push_back(m.how); },
          [](const agent_options_changed&) {},
          [=](const agent_mode_changed& m) { into->modes.push_back(m.mode); },
        };
      },
      observed);
    self->send(driver, observer);
    run();
  }

  void cli_says(std::string line) {
    self->send(driver,
               process_line{generation, std::make_shared<const std::string>(
                                          std::move(line))});
    run();
  }

  void cli_dies(std::string how, std::string last_words = {}) {
    process_gone gone;
    gone.generation = generation;
    gone.how = std::move(how);
    gone.stderr_tail = std::move(last_words);
    self->send(driver, gone);
    run();
  }

  /// The id of the newest control request of this subtype.
  std::string id_of(const std::string& subtype) const {
    std::string id;
    for (const auto& line : process->written)
      if (line.find("\"subtype\":\"" + subtype + "\"") != std::string::npos) {
        const auto at = line.find("\"request_id\":\"") + 14;
        id = line.substr(at, line.find('"', at) - at);
      }
    return id;
  }

  void cli_answers(const std::string& subtype) {
    cli_says(R"({"type":"control_response","response":{"subtype":"success",)"
             R"("request_id":")"
             + id_of(subtype) + R"(","response":{}}})");
  }

  pending<session_opened> create(const std::string& first_prompt = {}) {
    open_session m;
    m.params.cwd = "/repo";
    m.params.permission_mode = "default";
    m.first_prompt = first_prompt;
    return ask<session_opened>(driver, m);
  }

  void open() {
    create();
    cli_answers("initialize");
    cli_answers("set_permission_mode");
  }

  static std::string blocks(const std::string& text) {
    return R"([{"type":"text","text":")" + text + "\"}]";
  }

  pending<prompt_ended> prompt(const std::string& text) {
    return ask<prompt_ended>(driver, prompt_agent{blocks(text)});
  }

  void cli_takes_prompt() {
    std::string uuid;
    for (const auto& line : process->written)
      if (const auto at = line.find("\"uuid\":\""); at != std::string::npos)
        uuid = line.substr(at + 8, line.find('"', at + 8) - at - 8);
    cli_says(R"({"type":"user","isReplay":true,"uuid":")" + uuid
             + R"(","message":{"role":"user","content":[]}})");
  }

  void cli_ends_turn() {
    cli_says(R"({"type":"result","subtype":"success","is_error":false,)"
             R"("stop_reason":"end_turn","result":"done"})");
  }

  int written(const std::string& part) const {
    int count = 0;
    for (const auto& line : process->written)
      count += line.find(part) != std::string::npos ? 1 : 0;
    return count;
  }

  int published(const std::string& part) const {
    int count = 0;
    for (const auto& entry : *journal)
      count += entry.notification->find(part) != std::string::npos ? 1 : 0;
    return count;
  }
};

const std::string ask_for_bash =
  R"({"type":"control_request","request_id":"q1","request":{"subtype":)"
  R"("can_use_tool","tool_name":"Bash","tool_use_id":"t1","input":)"
  R"({"command":"make"},"permission_suggestions":[]}})";

} // namespace

TEST_CASE_METHOD(cli_fixture, "ACP's initialize is answered without the CLI") {
  const auto opened = ask<agent_opened>(driver, open_agent{});
  CHECK(opened.answered());
  CHECK(process->written.empty());
  CHECK(published(R"("method":"initialize")") == 1);
}

TEST_CASE_METHOD(cli_fixture,
                 "a session opens when the CLI answers its handshake") {
  auto created = create();
  CHECK_FALSE(created.answered());
  cli_answers("initialize");
  REQUIRE(created.answered());
  CHECK(created.value().session_id == "sid");
  CHECK(published(R"("sessionId":"sid","modes":)") == 1);
}

TEST_CASE_METHOD(cli_fixture,
                 "frames of a prompt sent ahead wait for the session's word") {
  create(blocks("hi"));
  CHECK(written(R"("type":"user")") == 1);
  cli_answers("initialize");
  cli_says(R"({"type":"stream_event","event":{"type":"content_block_delta",)"
           R"("index":0,"delta":{"type":"text_delta","text":"Hello"}}})");
  CHECK(published("agent_message_chunk") == 0);
  auto ended = prompt("hi");
  CHECK(written(R"("type":"user")") == 1);
  REQUIRE(published("agent_message_chunk") == 1);
  CHECK(published(R"("method":"session/prompt")") == 1);
  cli_takes_prompt();
  cli_ends_turn();
  REQUIRE(ended.answered());
  CHECK(ended.value().stop_reason == "end_turn");
  CHECK(ended.value().texts == std::vector<std::string>{"Hello"});
}

TEST_CASE_METHOD(cli_fixture, "a question withdrawn by the CLI is withdrawn") {
  open();
  auto ended = prompt("x");
  cli_says(ask_for_bash);
  REQUIRE(permissions->questions.size() == 1);
  CHECK(published("session/request_permission") == 1);
  cli_says(R"({"type":"control_cancel_request","request_id":"q1"})");
  CHECK(permissions->withdrawn == std::vector<std::string>{"q1"});
  permissions->questions.answer(0, permission_answer{"allow", {}, {}});
  run();
  CHECK(written(R"("behavior")") == 0);
}

TEST_CASE_METHOD(cli_fixture, "an answered question goes back to the CLI") {
  open();
  auto ended = prompt("x");
  cli_says(ask_for_bash);
  permissions->questions.answer(0, permission_answer{"allow", {}, {}});
  run();
  CHECK(written(R"("behavior":"allow")") == 1);
  CHECK(written(R"("request_id":"q1")") == 1);
}

TEST_CASE_METHOD(cli_fixture, "cancel resolves open questions") {
  // contract 19/20: upstream leaves them pending.
  open();
  auto ended = prompt("x");
  cli_says(ask_for_bash);
  self->send(driver, cancel_prompt{});
  run();
  CHECK(permissions->withdrawn.size() == 1);
  CHECK(written(R"("subtype":"interrupt")") == 1);
}

TEST_CASE_METHOD(cli_fixture,
                 "a turn ends although an interrupt is not heard") {
  open();
  auto ended = prompt("x");
  self->send(driver, cancel_prompt{});
  run();
  advance(interrupt_timeout - 1s);
  CHECK_FALSE(ended.answered());
  advance(1s);
  REQUIRE(ended.answered());
  CHECK(ended.value().stop_reason == "cancelled");
  // What it still says belongs to nobody.
  CHECK(process->started.size() == 1);
}

TEST_CASE_METHOD(cli_fixture,
                 "an interrupt that came before its turn is repeated") {
  open();
  auto ended = prompt("x");
  self->send(driver, cancel_prompt{});
  run();
  CHECK(written(R"("subtype":"interrupt")") == 1);
  cli_takes_prompt();
  CHECK(written(R"("subtype":"interrupt")") == 2);
}

TEST_CASE_METHOD(cli_fixture, "a turn of the CLI's own can be cancelled") {
  open();
  cli_says(R"({"type":"system","subtype":"init","session_id":"sid"})");
  self->send(driver, cancel_prompt{});
  run();
  CHECK(written(R"("subtype":"interrupt")") == 1);
  cli_ends_turn();
  self->send(driver, cancel_prompt{});
  run();
  CHECK(written(R"("subtype":"interrupt")") == 1);
}

TEST_CASE_METHOD(cli_fixture, "a result without an echo ends no prompt") {
  open();
  auto ended = prompt("x");
  cli_ends_turn();
  CHECK_FALSE(ended.answered());
}

TEST_CASE_METHOD(cli_fixture,
                 "an option that is never answered fails in time") {
  open();
  auto set =
    ask<config_options>(driver, set_agent_option{"effort", "high", {}});
  advance(control_timeout - 1s);
  CHECK_FALSE(set.failed());
  advance(1s);
  REQUIRE(set.failed());
  CHECK(describe(*set.error).find("no answer within 30 s")
        != std::string::npos);
}

TEST_CASE_METHOD(cli_fixture, "two options may be set at once") {
  open();
  auto first =
    ask<config_options>(driver, set_agent_option{"effort", "high", {}});
  auto second =
    ask<config_options>(driver, set_agent_option{"mode", "plan", {}});
  cli_answers("set_permission_mode");
  cli_answers("apply_flag_settings");
  CHECK(first.answered());
  CHECK(second.answered());
  CHECK(permissions->mode == "plan");
}

TEST_CASE_METHOD(cli_fixture, "echoes of our own answers match nothing") {
  open();
  auto ended = prompt("x");
  cli_says(R"({"type":"control_response","response":{"subtype":"success",)"
           R"("request_id":"q1","response":{"behavior":"allow"}}})");
  cli_says(R"({"type":"keep_alive"})");
  CHECK_FALSE(ended.answered());
  CHECK(observed->gone.empty());
}

TEST_CASE_METHOD(cli_fixture, "what no client can answer is refused") {
  open();
  cli_says(R"({"type":"control_request","request_id":"e","request":)"
           R"({"subtype":"elicitation","message":"m"}})");
  CHECK(written(R"("action":"decline")") == 1);
  cli_says(R"({"type":"control_request","request_id":"o","request":)"
           R"({"subtype":"oauth_token_refresh"}})");
  CHECK(written("Unsupported control request subtype: oauth_token_refresh")
        == 1);
}

TEST_CASE_METHOD(cli_fixture,
                 "a turn the CLI starts by itself ends no prompt") {
  open();
  cli_says(R"({"type":"system","subtype":"init","session_id":"sid"})");
  auto ended = prompt("x");
  cli_ends_turn();
  CHECK_FALSE(ended.answered());
  cli_says(R"({"type":"system","subtype":"init","session_id":"sid"})");
  cli_takes_prompt();
  cli_ends_turn();
  CHECK(ended.answered());
}

TEST_CASE_METHOD(cli_fixture,
                 "a prompt that no CLI has read is written again") {
  open();
  auto ended = prompt("x");
  cli_dies("was killed by signal 9");
  REQUIRE(process->started.size() == 1);
  generation = process->started[0].generation;
  CHECK_FALSE(ended.failed());
  CHECK(written(R"("type":"user")") == 2);
  cli_answers("initialize");
  cli_takes_prompt();
  cli_ends_turn();
  CHECK(ended.answered());
}

TEST_CASE_METHOD(cli_fixture, "a CLI that keeps dying is given up") {
  open();
  for (int i = 0; i <= max_restarts; ++i) {
    cli_dies("was killed by signal 9");
    if (!process->started.empty())
      generation = process->started.back().generation;
    cli_answers("initialize");
  }
  REQUIRE(observed->gone.size() == 1);
  CHECK(process->started.size() == max_restarts);
}

TEST_CASE_METHOD(cli_fixture, "last words are told without secrets") {
  auto created = create();
  cli_dies("exited with status 1", "bad key hunter2");
  REQUIRE(created.failed());
  CHECK(describe(*created.error)
        == "the agent exited with status 1; its last words: bad key "
           "[redacted]");
}

TEST_CASE_METHOD(cli_fixture, "a CLI that writes only garbage is given up") {
  auto created = create();
  for (std::size_t i = 0; i < max_garbage_lines; ++i)
    cli_says("garbage");
  REQUIRE(created.failed());
  CHECK(code_of(*created.error) == ec::agent_refused);
  CHECK(process->stopped == 1);
}
