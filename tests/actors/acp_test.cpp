#include "actors/agent/acp.hpp"

#include "fixture.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::test;

namespace {

/// What a driver did to its process.
struct process_script {
  std::vector<std::string> written;
  std::vector<std::uint32_t> started;
  int stopped = 0;
};

struct heard {
  std::vector<std::string> gone;
  std::string options;
  std::string mode;
};

struct acp_fixture : fixture {
  std::shared_ptr<process_script> process = std::make_shared<process_script>();
  std::shared_ptr<heard> observed = std::make_shared<heard>();
  std::shared_ptr<std::vector<journal_entry>> journal =
    std::make_shared<std::vector<journal_entry>>();
  using permission_inbox = inbox<permission_question, permission_answer>;
  std::shared_ptr<permission_inbox> questions =
    std::make_shared<permission_inbox>();
  std::shared_ptr<std::vector<std::string>> withdrawn =
    std::make_shared<std::vector<std::string>>();
  std::shared_ptr<std::vector<std::string>> modes =
    std::make_shared<std::vector<std::string>>();
  agent_actor driver;
  std::uint32_t generation = 1;

  acp_fixture() {
    at_end.emplace_back([box = questions] { box->items.clear(); });
    start({});
  }

  void start(caf::error problem) {
    acp_peers peers;
    peers.process = system.spawn(
      [](child_process_actor::pointer, std::shared_ptr<process_script> s)
        -> child_process_actor::behavior_type {
        return {
          [](const process_owner_actor&) {},
          [s](const start_process& m) { s->started.push_back(m.generation); },
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
    peers.permissions = system.spawn(
      [](permissions_actor::pointer me, std::shared_ptr<permission_inbox> box,
         std::shared_ptr<std::vector<std::string>> gone,
         std::shared_ptr<std::vector<std::string>> told)
        -> permissions_actor::behavior_type {
        return {
          [=](const permission_question& q) { return box->take(me, q); },
          [=](const withdraw_permission& m) { gone->push_back(m.id); },
          [=](const session_mode& m) { told->push_back(m.mode); },
        };
      },
      questions, withdrawn, modes);
    first_launch first;
    first.problem = std::move(problem);
    driver = system.spawn(acp_agent, peers, first,
                          std::vector<secret>{secret{"hunter2"}}, log);
    const auto observer = system.spawn(
      [](agent_observer_actor::pointer,
         std::shared_ptr<heard> into) -> agent_observer_actor::behavior_type {
        return {
          [=](const agent_gone& m) { into->gone.push_back(m.how); },
          [=](const agent_options_changed& m) {
            into->options = m.options.json;
          },
          [=](const agent_mode_changed& m) { into->mode = m.mode; },
        };
      },
      observed);
    self->send(driver, observer);
    run();
  }

  void agent_says(std::string line) {
    self->send(driver,
               process_line{generation, std::make_shared<const std::string>(
                                          std::move(line))});
    run();
  }

  void agent_dies(std::string how, std::string last_words = {}) {
    process_gone gone;
    gone.generation = generation;
    gone.how = std::move(how);
    gone.stderr_tail = std::move(last_words);
    self->send(driver, gone);
    run();
  }

  void open() {
    ask<agent_opened>(driver, open_agent{});
    agent_says(R"({"jsonrpc":"2.0","id":0,"result":{"protocolVersion":1}})");
  }

  pending<session_opened> create() {
    open_session m;
    m.params.cwd = "/repo";
    m.params.mcp_servers = {
      {"http", "m", "https://m", {{"authorization", secret{"hush-hush"}}}}};
    return ask<session_opened>(driver, m);
  }

  void open_with(const std::string& members) {
    open();
    create();
    agent_says(R"({"jsonrpc":"2.0","id":1,"result":{"sessionId":"s")" + members
               + "}}");
  }

  const std::string& last_line() const { return process->written.back(); }
};

const std::string own_options =
  R"([{"id":"model","name":"Model","type":"select","currentValue":"a",)"
  R"("options":[{"value":"a","name":"A"},{"value":"b","name":"B"}],)"
  R"("category":"model"}])";

} // namespace

TEST_CASE_METHOD(acp_fixture, "the handshake is initialize, then session/new") {
  auto opened = ask<agent_opened>(driver, open_agent{});
  REQUIRE(process->written.size() == 1);
  CHECK(last_line()
        == R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":)"
           R"({"protocolVersion":1,"clientCapabilities":{}}})");
  agent_says(R"({"jsonrpc":"2.0","id":0,"result":{"protocolVersion":1,)"
             R"("agentInfo":{"name":"n","version":"2"}}})");
  REQUIRE(opened.answered());
  CHECK(opened.value().name == "n");
  CHECK(opened.value().version == "2");
  auto created = create();
  CHECK(last_line().find(
          R"({"jsonrpc":"2.0","id":1,"method":"session/new","params":)"
          R"({"cwd":"/repo",)")
        == 0);
  CHECK(last_line().find("hush-hush") != std::string::npos);
  agent_says(R"({"jsonrpc":"2.0","id":1,"result":{"sessionId":"s-1"}})");
  REQUIRE(created.answered());
  CHECK(created.value().session_id == "s-1");
  CHECK(created.value().options.json.empty());
}

TEST_CASE_METHOD(acp_fixture,
                 "secrets of session/new stay out of the journal") {
  // contract 19/32: upstream logs MCP headers.
  open();
  create();
  bool shown = false;
  for (const auto& entry : *journal) {
    CHECK(entry.notification->find("hush-hush") == std::string::npos);
    shown =
      shown || entry.notification->find("session/new") != std::string::npos;
  }
  CHECK(shown);
}

TEST_CASE_METHOD(acp_fixture, "lines that are not ACP are passed over") {
  auto opened = ask<agent_opened>(driver, open_agent{});
  agent_says("Welcome to the agent!");
  agent_says("[1,2,3]");
  agent_says(R"({"jsonrpc":"2.0","id":0,"result":{}})");
  CHECK(opened.answered());
  CHECK(was_logged("not ACP: Welcome to the agent!"));
}

TEST_CASE_METHOD(acp_fixture, "an agent that writes only garbage is given up") {
  auto opened = ask<agent_opened>(driver, open_agent{});
  for (std::size_t i = 0; i < max_garbage_lines; ++i)
    agent_says("garbage");
  REQUIRE(opened.failed());
  CHECK(code_of(*opened.error) == ec::agent_refused);
  CHECK(process->stopped == 1);
}

TEST_CASE_METHOD(acp_fixture,
                 "a crash during the handshake tells the last words") {
  auto opened = ask<agent_opened>(driver, open_agent{});
  agent_dies("exited with status 3", "no key hunter2 found\n");
  REQUIRE(opened.failed());
  CHECK(code_of(*opened.error) == ec::agent_crashed);
  CHECK(describe(*opened.error)
        == "the agent exited with status 3; its last words: no key [redacted] "
           "found");
  CHECK(observed->gone.size() == 1);
}

TEST_CASE_METHOD(acp_fixture,
                 "an agent that could not be started is not found") {
  start(make_failure(ec::agent_not_found, "x is not on PATH"));
  auto opened = ask<agent_opened>(driver, open_agent{});
  REQUIRE(opened.failed());
  CHECK(code_of(*opened.error) == ec::agent_not_found);
}

TEST_CASE_METHOD(acp_fixture, "a refused handshake carries the agent's words") {
  auto opened = ask<agent_opened>(driver, open_agent{});
  agent_says(R"({"jsonrpc":"2.0","id":0,"error":{"code":-32603,"message":)"
             R"("Internal error","data":{"details":"log in first"}}})");
  REQUIRE(opened.failed());
  CHECK(code_of(*opened.error) == ec::agent_refused);
  CHECK(describe(*opened.error)
        == "the agent refused initialize: log in first");
}

TEST_CASE_METHOD(acp_fixture, "a replaced process takes over the handshake") {
  auto opened = ask<agent_opened>(driver, open_agent{});
  self->send(driver, replace_agent{});
  run();
  CHECK(process->started == std::vector<std::uint32_t>{2});
  REQUIRE(process->written.size() == 2);
  agent_dies("was killed by signal 15 (SIGTERM)"); // the old one
  CHECK_FALSE(opened.failed());
  generation = 2;
  agent_says(R"({"jsonrpc":"2.0","id":1,"result":{}})");
  CHECK(opened.answered());
}

TEST_CASE_METHOD(acp_fixture,
                 "a turn gathers the agent's texts, piece by piece") {
  open_with("");
  auto turn = ask<prompt_ended>(driver, prompt_agent{"[]"});
  const std::string head =
    R"({"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s",)"
    R"("update":{"sessionUpdate":)";
  const auto chunk = [&](const std::string& text) {
    return head + R"("agent_message_chunk","content":{"type":"text","text":")"
           + text + "\"}}}}";
  };
  agent_says(chunk("one "));
  agent_says(chunk("text"));
  agent_says(head + R"("tool_call","toolCallId":"1"}}})");
  agent_says(chunk("two"));
  agent_says(R"({"jsonrpc":"2.0","id":2,"result":{"stopReason":"end_turn"}})");
  REQUIRE(turn.answered());
  CHECK(turn.value().stop_reason == "end_turn");
  CHECK(turn.value().texts == std::vector<std::string>{"one text", "two"});
  CHECK(journal->back().kind == journal_kind::other);
}

TEST_CASE_METHOD(acp_fixture, "a failed prompt carries the agent's words") {
  open_with("");
  auto turn = ask<prompt_ended>(driver, prompt_agent{"[]"});
  agent_says(R"({"jsonrpc":"2.0","id":2,"error":{"code":-32000,)"
             R"("message":"API Error: terminated"}})");
  REQUIRE(turn.failed());
  CHECK(describe(*turn.error) == "API Error: terminated");
}

TEST_CASE_METHOD(acp_fixture, "an agent lost in a turn ends the turn") {
  open_with("");
  auto turn = ask<prompt_ended>(driver, prompt_agent{"[]"});
  agent_dies("was killed by signal 9 (SIGKILL)");
  REQUIRE(turn.failed());
  CHECK(code_of(*turn.error) == ec::agent_crashed);
  CHECK(observed->gone.size() == 1);
  auto next = ask<prompt_ended>(driver, prompt_agent{"[]"});
  CHECK(next.failed());
}

TEST_CASE_METHOD(acp_fixture, "a permission request is put and answered") {
  open_with("");
  agent_says(R"({"jsonrpc":"2.0","id":"p1","method":)"
             R"("session/request_permission","params":{"sessionId":"s",)"
             R"("toolCall":{"title":"rm"},"options":[{"optionId":"ok",)"
             R"("name":"Yes","kind":"allow_once"}]}})");
  REQUIRE(questions->size() == 1);
  CHECK(questions->question(0).title == "rm");
  CHECK(questions->question(0).tool_call_json == R"({"title":"rm"})");
  questions->answer(0, permission_answer{"ok", "and more", {{"Q?", "A"}}});
  run();
  CHECK(last_line()
        == R"({"jsonrpc":"2.0","id":"p1","result":{"outcome":)"
           R"({"outcome":"selected","optionId":"ok"},"_meta":)"
           R"({"customInput":"and more","answers":{"Q?":"A"}}}})");
  CHECK(withdrawn->empty());
}

TEST_CASE_METHOD(acp_fixture,
                 "a question that outlives its turn is withdrawn") {
  open_with("");
  auto turn = ask<prompt_ended>(driver, prompt_agent{"[]"});
  const std::string request =
    R"({"jsonrpc":"2.0","id":9,"method":"session/request_permission",)"
    R"("params":{"toolCall":{},"options":[]}})";
  agent_says(request);
  agent_says(R"({"jsonrpc":"2.0","id":2,"result":{"stopReason":"end_turn"}})");
  REQUIRE(turn.answered());
  CHECK(*withdrawn == std::vector<std::string>{questions->question(0).id});
  // The agent may use its id again: the old answer is not the new one's.
  agent_says(request);
  const auto before = process->written.size();
  questions->answer(0, permission_answer{"late", {}, {}});
  run();
  CHECK(process->written.size() == before);
  questions->answer(1, permission_answer{"now", {}, {}});
  run();
  CHECK(last_line().find(R"("optionId":"now")") != std::string::npos);
}

TEST_CASE_METHOD(acp_fixture, "cancel answers the open permission requests") {
  // contract 19/20: upstream leaves them open for ever.
  open_with("");
  agent_says(R"({"jsonrpc":"2.0","id":9,"method":)"
             R"("session/request_permission","params":{"sessionId":"s",)"
             R"("toolCall":{},"options":[]}})");
  const auto before = process->written.size();
  self->send(driver, cancel_prompt{});
  run();
  REQUIRE(process->written.size() == before + 2);
  CHECK(process->written[before]
        == R"({"jsonrpc":"2.0","id":9,"result":{"outcome":)"
           R"({"outcome":"cancelled"}}})");
  CHECK(last_line()
        == R"({"jsonrpc":"2.0","method":"session/cancel","params":)"
           R"({"sessionId":"s"}})");
  CHECK(*withdrawn == std::vector<std::string>{questions->question(0).id});
  questions->answer(0, permission_answer{"late"});
  run();
  CHECK(process->written.size() == before + 2);
}

TEST_CASE_METHOD(acp_fixture,
                 "whoever decides permissions learns each change of the mode") {
  open_with("");
  agent_says(R"({"jsonrpc":"2.0","method":"session/update","params":{"update":)"
             R"({"sessionUpdate":"current_mode_update",)"
             R"("currentModeId":"plan"}}})");
  CHECK(*modes == std::vector<std::string>{"plan"});
  auto set =
    ask<config_options>(driver, set_agent_option{"mode", "default", {}});
  agent_says(R"({"jsonrpc":"2.0","id":2,"result":{}})");
  CHECK(set.answered());
  CHECK(*modes == std::vector<std::string>{"plan", "default"});
}

TEST_CASE_METHOD(acp_fixture, "a method that is not ours is answered -32601") {
  open_with("");
  agent_says(R"({"jsonrpc":"2.0","id":5,"method":"fs/read_text_file",)"
             R"("params":{}})");
  CHECK(last_line().find(R"("id":5,"error":{"code":-32601)")
        != std::string::npos);
}

TEST_CASE_METHOD(acp_fixture, "an agent's own options are its own to set") {
  open_with(R"(,"configOptions":)" + own_options);
  auto set = ask<config_options>(driver, set_agent_option{"model", "b", {}});
  CHECK(last_line()
        == R"({"jsonrpc":"2.0","id":2,"method":"session/set_config_option",)"
           R"("params":{"sessionId":"s","configId":"model","value":"b"}})");
  agent_says(R"({"jsonrpc":"2.0","id":2,"result":{"configOptions":[]}})");
  REQUIRE(set.answered());
  CHECK(set.value().json == "[]");
}

TEST_CASE_METHOD(acp_fixture,
                 "modes and models of older agents become options") {
  open_with(R"(,"modes":{"currentModeId":"auto","availableModes":)"
            R"([{"id":"auto","name":"Auto"},{"id":"ask","name":"Ask"}]})");
  auto set = ask<config_options>(driver, set_agent_option{"mode", "ask", {}});
  CHECK(last_line().find("session/set_mode") != std::string::npos);
  agent_says(R"({"jsonrpc":"2.0","id":2,"result":{}})");
  REQUIRE(set.answered());
  CHECK(set.value().json.find(R"("currentValue":"ask")") != std::string::npos);
}

TEST_CASE_METHOD(acp_fixture,
                 "an agent without options is asked in the older way next") {
  open_with("");
  auto set = ask<config_options>(driver, set_agent_option{"model", "m", {}});
  agent_says(R"({"jsonrpc":"2.0","id":2,"error":{"code":-32601,)"
             R"("message":"Method not found"}})");
  CHECK(last_line().find("session/set_model") != std::string::npos);
  agent_says(R"({"jsonrpc":"2.0","id":3,"result":{}})");
  REQUIRE(set.answered());
  CHECK(set.value().json.empty());
}

TEST_CASE_METHOD(acp_fixture, "what the agent changes by itself is passed on") {
  open_with(R"(,"configOptions":)" + own_options);
  agent_says(R"({"jsonrpc":"2.0","method":"session/update","params":)"
             R"({"sessionId":"s","update":{"sessionUpdate":)"
             R"("current_mode_update","currentModeId":"plan"}}})");
  CHECK(observed->mode == "plan");
  agent_says(R"({"jsonrpc":"2.0","method":"session/update","params":)"
             R"({"sessionId":"s","update":{"sessionUpdate":)"
             R"("config_option_update","configOptions":[{"id":"x"}]}}})");
  CHECK(observed->options == R"([{"id":"x"}])");
}

TEST_CASE_METHOD(acp_fixture,
                 "closing stops the process and fails what is open") {
  open_with("");
  auto turn = ask<prompt_ended>(driver, prompt_agent{"[]"});
  auto closed = ask<agent_closed>(driver, close_agent{});
  CHECK(closed.answered());
  CHECK(turn.failed());
  CHECK(process->stopped == 1);
  agent_dies("was killed by signal 15 (SIGTERM)");
  CHECK(observed->gone.empty());
}

TEST_CASE_METHOD(acp_fixture, "changes of options wait for each other") {
  open_with(R"(,"configOptions":)" + own_options);
  auto first = ask<config_options>(driver, set_agent_option{"model", "b", {}});
  const auto written = process->written.size();
  auto second =
    ask<config_options>(driver, set_agent_option{"mode", "ask", {}});
  CHECK(process->written.size() == written);
  agent_says(R"({"jsonrpc":"2.0","id":2,"result":{"configOptions":[1]}})");
  REQUIRE(first.answered());
  CHECK(first.value().json == "[1]");
  REQUIRE(process->written.size() == written + 1);
  CHECK(last_line().find(R"("configId":"mode","value":"ask")")
        != std::string::npos);
  CHECK_FALSE(second.answered());
  agent_says(R"({"jsonrpc":"2.0","id":3,"result":{"configOptions":[2]}})");
  REQUIRE(second.answered());
  CHECK(second.value().json == "[2]");
}

TEST_CASE_METHOD(acp_fixture,
                 "an agent that does not answer a change holds up the next "
                 "only for so long") {
  open_with(R"(,"configOptions":)" + own_options);
  auto first = ask<config_options>(driver, set_agent_option{"model", "b", {}});
  auto second =
    ask<config_options>(driver, set_agent_option{"mode", "ask", {}});
  advance(option_timeout);
  REQUIRE(first.failed());
  CHECK(describe(*first.error)
        == "the agent did not answer the change of model within 30 s");
  // Too late to count.
  agent_says(R"({"jsonrpc":"2.0","id":2,"result":{"configOptions":[1]}})");
  CHECK_FALSE(second.answered());
  agent_says(R"({"jsonrpc":"2.0","id":3,"result":{"configOptions":[2]}})");
  REQUIRE(second.answered());
  CHECK(second.value().json == "[2]");
}

TEST_CASE_METHOD(acp_fixture, "only so many changes of options may wait") {
  open_with(R"(,"configOptions":)" + own_options);
  for (std::size_t i = 0; i <= max_waiting_options; ++i)
    CHECK_FALSE(
      ask<config_options>(driver, set_agent_option{"model", "b", {}}).failed());
  CHECK(
    ask<config_options>(driver, set_agent_option{"model", "b", {}}).failed());
}

TEST_CASE_METHOD(acp_fixture, "an agent that dies fails all waiting changes") {
  open_with(R"(,"configOptions":)" + own_options);
  auto first = ask<config_options>(driver, set_agent_option{"model", "b", {}});
  auto second =
    ask<config_options>(driver, set_agent_option{"mode", "ask", {}});
  agent_dies("was killed");
  CHECK(first.failed());
  CHECK(second.failed());
}
