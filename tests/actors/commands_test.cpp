#include "actors/commands.hpp"

#include "fixture.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::test;

namespace {

permission_desk_actor
fake_permissions(caf::actor_system& system,
                 std::shared_ptr<std::vector<answer_permission>> given) {
  return system.spawn(
    [](permission_desk_actor::pointer,
       std::shared_ptr<std::vector<answer_permission>> g)
      -> permission_desk_actor::behavior_type {
      return {
        [](const permission_question&) { return permission_answer{}; },
        [](const withdraw_permission&) {},
        [g](const answer_permission& m) -> caf::result<permission_resolved> {
          g->push_back(m);
          if (m.request_id == "open")
            return permission_resolved{};
          return make_failure(ec::invalid_params, "No such request");
        },
        [](const session_mode&) {},
        [](const end_permissions&) { return permissions_ended{}; },
      };
    },
    given);
}

struct session_script {
  session_state state{true, "R"};
  std::string prompted;
  std::size_t attached = 0;
  std::string option;
  bool closed = false;
  std::size_t servers = 0;
  std::size_t prompts = 0;
  std::string steered_with;
  steered steering{true, {}};
  std::string upstream_head;
  caf::error refusal;
};

session_actor fake_session(caf::actor_system& system,
                           std::shared_ptr<session_script> script) {
  return system.spawn(
    [](session_actor::pointer,
       std::shared_ptr<session_script> s) -> session_actor::behavior_type {
      return {
        [](const pull_request_found&) {},
        [](const agent_gone&) {},
        [](const agent_options_changed&) {},
        [](const agent_mode_changed&) {},
        [s](const get_session_state&) { return s->state; },
        [s](const user_message& m) -> caf::result<user_message_done> {
          s->prompted = m.blocks;
          ++s->prompts;
          s->attached = m.attachments.size();
          if (s->refusal)
            return s->refusal;
          return user_message_done{"end_turn", "done"};
        },
        [s](const steer_turn& m) -> caf::result<steered> {
          s->steered_with = m.blocks;
          if (s->refusal)
            return s->refusal;
          return s->steering;
        },
        [](const cancel_turn&) { return turn_cancelled{}; },
        [s](const set_config_option& m) -> caf::result<config_options> {
          s->option = m.id + "=" + m.value;
          if (s->refusal)
            return s->refusal;
          return config_options{"[]"};
        },
        [s](const refresh_session& m) {
          s->servers = m.mcp_servers.size();
          return session_refreshed{};
        },
        [](const await_idle&) { return session_idle{}; },
        [s](const close_session& m) {
          s->closed = true;
          s->upstream_head = m.local.upstream_head;
          return session_closed{};
        },
        [](const agent_server::alarm&) {},
      };
    },
    script);
}

struct commands_fixture : fixture {
  std::shared_ptr<session_script> session = std::make_shared<session_script>();
  std::shared_ptr<std::vector<answer_permission>> given =
    std::make_shared<std::vector<answer_permission>>();
  commands_actor served = system.spawn(commands, fake_session(system, session),
                                       fake_permissions(system, given));

  command_reply post(std::string body, std::string run = "R") {
    auto reply = ask<command_reply>(
      served,
      command_request{std::move(run),
                      std::make_shared<const std::string>(std::move(body))});
    REQUIRE(reply.answered());
    return reply.value();
  }
};

} // namespace

TEST_CASE_METHOD(commands_fixture,
                 "the session is looked at before the body is") {
  const auto foreign = post("no json", "other");
  CHECK(foreign.status == 400);
  CHECK(foreign.body == R"({"error":"No active session for this run"})");
  session->state.open = false;
  CHECK(post("no json").body
        == R"({"error":"No active session for this run"})");
  session->state.open = true;
  const auto malformed = post("no json");
  CHECK(malformed.status == 400);
  CHECK(malformed.body == R"({"error":"Invalid JSON-RPC request"})");
}

TEST_CASE_METHOD(commands_fixture, "an unknown method is named") {
  CHECK(post(R"({"jsonrpc":"2.0","id":7,"method":"dance"})").body
        == R"({"jsonrpc":"2.0","id":7,"error":{"code":-32602,)"
           R"("message":"Unknown method: dance"}})");
}

TEST_CASE_METHOD(commands_fixture,
                 "a message is answered with its turn's reason and text") {
  const auto reply = post(R"({"jsonrpc":"2.0","id":1,"method":"user_message",)"
                          R"("params":{"content":"hi"}})");
  CHECK(reply.status == 200);
  CHECK(reply.body
        == R"({"jsonrpc":"2.0","id":1,"result":{"stopReason":"end_turn",)"
           R"("assistant_message":"done"}})");
  CHECK(session->prompted == R"([{"type":"text","text":"hi"}])");
}

TEST_CASE_METHOD(commands_fixture, "a message may consist of artifacts only") {
  post(R"({"jsonrpc":"2.0","id":1,"method":"user_message",)"
       R"("params":{"artifacts":[{"id":"a"},{"id":"b"}]}})");
  CHECK(session->prompted.empty());
  CHECK(session->attached == 2);
}

TEST_CASE_METHOD(commands_fixture, "the session's own words reach the caller") {
  // contract 19/16: upstream hides them behind "Internal error".
  session->refusal = make_failure(ec::agent_error, "the model is overloaded");
  CHECK(post(R"({"jsonrpc":"2.0","method":"user_message",)"
             R"("params":{"content":"hi"}})")
          .body
        == R"({"jsonrpc":"2.0","error":{"code":-32000,)"
           R"("message":"the model is overloaded"}})");
}

TEST_CASE_METHOD(commands_fixture, "cancel, close and options are executed") {
  CHECK(post(R"({"jsonrpc":"2.0","id":1,"method":"cancel"})").body
        == R"({"jsonrpc":"2.0","id":1,"result":{"cancelled":true}})");
  CHECK(post(R"({"jsonrpc":"2.0","id":1,"method":"set_config_option",)"
             R"("params":{"configId":"mode","value":"plan"}})")
          .body
        == R"({"jsonrpc":"2.0","id":1,"result":{"configOptions":[]}})");
  CHECK(session->option == "mode=plan");
  CHECK(post(R"({"jsonrpc":"2.0","id":1,"method":"close","params":)"
             R"({"localGitState":{"upstreamHead":"abc"}}})")
          .body
        == R"({"jsonrpc":"2.0","id":1,"result":{"closed":true}})");
  CHECK(session->closed);
  CHECK(session->upstream_head == "abc");
}

TEST_CASE_METHOD(commands_fixture,
                 "an answer to a permission request goes to its owner") {
  CHECK(post(R"({"jsonrpc":"2.0","id":1,"method":"permission_response",)"
             R"("params":{"requestId":"open","optionId":"b",)"
             R"("customInput":"c","answers":{"Q":"A"}}})")
          .body
        == R"({"jsonrpc":"2.0","id":1,"result":{"resolved":true}})");
  REQUIRE(given->size() == 1);
  CHECK(given->front().answer.option_id == "b");
  CHECK(given->front().answer.custom_input == "c");
  CHECK(given->front().answer.answers.front().second == "A");
  CHECK(post(R"({"jsonrpc":"2.0","id":1,"method":"permission_response",)"
             R"("params":{"requestId":"x","optionId":"b"}})")
          .body
        == R"({"jsonrpc":"2.0","id":1,"error":{"code":-32000,)"
           R"("message":"No such request"}})");
}

TEST_CASE_METHOD(commands_fixture, "a session can get other MCP servers") {
  CHECK(post(R"({"jsonrpc":"2.0","id":1,"method":"refresh_session","params":)"
             R"({"mcpServers":[{"type":"http","name":"n","url":"https://a/",)"
             R"("headers":[]}]}})")
          .body
        == R"({"jsonrpc":"2.0","id":1,"result":{"refreshed":true}})");
  CHECK(session->servers == 1);
}

namespace {

std::string message(const std::string& members) {
  return R"({"jsonrpc":"2.0","id":1,"method":"user_message","params":)"
         R"({"content":"hi",)"
         + members + "}}";
}

constexpr auto duplicate =
  R"({"jsonrpc":"2.0","id":1,"result":{"stopReason":"duplicate_delivery",)"
  R"("duplicate":true}})";

} // namespace

TEST_CASE_METHOD(commands_fixture,
                 "a message that is delivered twice is prompted once") {
  CHECK(post(message(R"("messageId":"m1")")).body.find("end_turn")
        != std::string::npos);
  CHECK(post(message(R"("messageId":"m1")")).body == duplicate);
  CHECK(session->prompts == 1);
  post(message(R"("messageId":"m2")"));
  CHECK(session->prompts == 2);
}

TEST_CASE_METHOD(commands_fixture,
                 "a message whose turn failed may be delivered again") {
  session->refusal = make_failure(ec::agent_error, "the model is overloaded");
  post(message(R"("messageId":"m1")"));
  session->refusal = {};
  CHECK(post(message(R"("messageId":"m1")")).body.find("end_turn")
        != std::string::npos);
  CHECK(post(message(R"("messageId":"m1")")).body == duplicate);
}

TEST_CASE_METHOD(commands_fixture, "a message can go into the running turn") {
  CHECK(post(message(R"("steer":true)")).body
        == R"({"jsonrpc":"2.0","id":1,"result":{"stopReason":"steered",)"
           R"("steered":true}})");
  CHECK(session->steered_with == R"([{"type":"text","text":"hi"}])");
  CHECK(session->prompts == 0);
  post(message(R"("steer":false)"));
  CHECK(session->prompts == 1);
}

TEST_CASE_METHOD(commands_fixture,
                 "a message that the turn does not take was not delivered") {
  session->steering = {false, "no turn is running"};
  CHECK(post(message(R"("steer":true,"messageId":"m1")")).body
        == R"({"jsonrpc":"2.0","id":1,"result":{"stopReason":)"
           R"("steer_declined","steered":false,)"
           R"("reason":"no turn is running"}})");
  CHECK(post(message(R"("messageId":"m1")")).body.find("end_turn")
        != std::string::npos);
}
