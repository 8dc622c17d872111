#include "actors/commands.hpp"

#include <utility>

namespace agent_server {

namespace {

// JSON-RPC codes of the contract.
constexpr int bad_params = -32602;
constexpr int failed = -32000;

command_reply ok(std::string body) {
  return {200, std::move(body)};
}

} // namespace

caf::result<command_reply>
commands_state::check_session(const command_request& command) {
  auto reply = self->make_response_promise<command_reply>();
  self->request(session, caf::infinite, get_session_state{})
    .then(
      [this, command, reply](const session_state& found) mutable {
        if (!found.open || found.run_id != command.run_id)
          reply.deliver(
            command_reply{400, error_body("No active session for this run")});
        else
          check_shape(command, reply);
      },
      [reply](caf::error& err) mutable { reply.deliver(std::move(err)); });
  return reply;
}

void commands_state::check_shape(const command_request& command,
                                 promise reply) {
  const auto parsed = parse_command(*command.body);
  if (parsed.malformed)
    reply.deliver(command_reply{400, error_body("Invalid JSON-RPC request")});
  else if (!parsed.params_error.empty())
    reply.deliver(
      ok(command_error(parsed.id, bad_params, parsed.params_error)));
  else
    execute(parsed, std::move(reply));
}

void commands_state::execute(const parsed_command& command, promise reply) {
  const auto id = command.id;
  auto refuse = [reply, id](const caf::error& err) mutable {
    reply.deliver(ok(command_error(id, failed, describe(err))));
  };
  switch (command.method) {
    case command_method::user_message:
      if (!delivered.take(command.message_id)) {
        reply.deliver(ok(command_result(id, duplicate_delivery_result())));
        return;
      }
      if (command.steer)
        steer(command, std::move(reply));
      else
        deliver(command, std::move(reply));
      return;
    case command_method::cancel:
      self->request(session, caf::infinite, cancel_turn{})
        .then(
          [reply, id](const turn_cancelled&) mutable {
            reply.deliver(ok(command_result(id, R"({"cancelled":true})")));
          },
          refuse);
      return;
    case command_method::close:
      self->request(session, caf::infinite, close_session{command.local_git})
        .then(
          [reply, id](const session_closed&) mutable {
            reply.deliver(ok(command_result(id, R"({"closed":true})")));
          },
          refuse);
      return;
    case command_method::set_config_option:
      self
        ->request(session, caf::infinite,
                  set_config_option{command.option_id, command.option_value})
        .then(
          [reply, id](const config_options& options) mutable {
            reply.deliver(
              ok(command_result(id, set_config_option_result(options.json))));
          },
          refuse);
      return;
    case command_method::permission_response:
      self->request(permissions, caf::infinite, command.permission)
        .then(
          [reply, id](const permission_resolved&) mutable {
            reply.deliver(ok(command_result(id, R"({"resolved":true})")));
          },
          refuse);
      return;
    case command_method::refresh_session:
      self
        ->request(session, caf::infinite, refresh_session{command.mcp_servers})
        .then(
          [reply, id](const session_refreshed&) mutable {
            reply.deliver(ok(command_result(id, R"({"refreshed":true})")));
          },
          refuse);
      return;
    case command_method::unknown:
      reply.deliver(ok(command_error(
        id, bad_params, "Unknown method: " + command.method_name)));
      return;
  }
}

void commands_state::deliver(const parsed_command& command, promise reply) {
  const auto id = command.id;
  self
    ->request(session, caf::infinite,
              user_message{command.blocks, command.attachments})
    .then(
      [reply, id](const user_message_done& done) mutable {
        reply.deliver(ok(command_result(
          id, user_message_result(done.stop_reason, done.assistant_message))));
      },
      [this, reply, id,
       message = command.message_id](const caf::error& err) mutable {
        delivered.release(message);
        reply.deliver(ok(command_error(id, failed, describe(err))));
      });
}

void commands_state::steer(const parsed_command& command, promise reply) {
  const auto id = command.id;
  const auto message = command.message_id;
  if (!command.attachments.empty()) {
    delivered.release(message);
    reply.deliver(ok(command_result(
      id, steer_result(false, "attachments come with a turn of their own"))));
    return;
  }
  self->request(session, caf::infinite, steer_turn{command.blocks})
    .then(
      [this, reply, id, message](const steered& answer) mutable {
        // Declined, it was not delivered.
        if (!answer.taken)
          delivered.release(message);
        reply.deliver(
          ok(command_result(id, steer_result(answer.taken, answer.reason))));
      },
      [this, reply, id, message](const caf::error& err) mutable {
        delivered.release(message);
        reply.deliver(ok(command_error(id, failed, describe(err))));
      });
}

commands_actor::behavior_type commands(commands_self* self,
                                       session_actor session,
                                       permission_desk_actor permissions) {
  self->state.self = self;
  self->state.session = std::move(session);
  self->state.permissions = std::move(permissions);
  return {
    [self](const command_request& command) {
      return self->state.check_session(command);
    },
  };
}

} // namespace agent_server
