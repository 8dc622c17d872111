// Mode, model and effort of the running session.
#include "actors/agent/claude/session.hpp"

#include "messages/redact.hpp"
#include "messages/wire/acp.hpp"
#include "messages/wire/acp_agent.hpp"
#include "messages/wire/claude/mcp_status.hpp"
#include "messages/wire/notifications.hpp"

#include <utility>

namespace agent_server::claude {

caf::result<config_options> cli_state::set_option(const set_agent_option& m) {
  if (gone)
    return gone;
  if (!opened)
    return make_failure(ec::no_session, "the agent has no session yet");
  const bool known = m.id == "mode" || m.id == "model" || m.id == "effort";
  if (!known)
    return make_failure(ec::invalid_params, "Unknown config option: " + m.id);
  auto promise = self->make_response_promise<config_options>();
  const auto acp_id = next_client_id++;
  publish(
    acp::set_config_option_line(acp_id, launch.session.id, m.id, m.value));
  auto answered_by = [this, m, acp_id, promise](const frame& answer) mutable {
    if (answer.error.empty()) {
      option_was_set(m, acp_id);
      promise.deliver(config_options{});
      return;
    }
    auto text =
      "the agent did not set " + m.id + ": " + redacted(answer.error, secrets);
    publish(acp::error_line(std::to_string(acp_id), -32603, text));
    promise.deliver(make_failure(ec::agent_error, std::move(text)));
  };
  call(trace::begin_span("agent: set option"), std::move(answered_by),
       [&](const std::string& id) {
         if (m.id == "mode")
           return set_permission_mode_request(id, m.value);
         // Newer CLIs try a model given by `set_model` out at the gateway
         // before they answer; a setting costs nothing.
         flag_settings settings;
         if (m.id == "model") {
           settings.model = m.value;
           settings.effort = m.effort;
         } else {
           settings.effort = m.value;
         }
         return apply_flag_settings_request(id, settings);
       });
  return promise;
}

void cli_state::option_was_set(const set_agent_option& m,
                               std::uint64_t acp_id) {
  if (m.id == "mode") {
    policy->set_mode(m.value);
    plan.forget();
    self->send(peers.permissions, session_mode{m.value});
    publish(current_mode_update(launch.session.id, m.value));
  } else if (m.id == "model") {
    model = m.value;
    effort = m.effort;
  } else {
    effort = m.value;
  }
  catalog_options shown;
  shown.mode = policy->mode();
  shown.model = model;
  shown.effort = effort;
  shown.bypass_allowed = launch.bypass_allowed;
  publish(acp::result_line(std::to_string(acp_id),
                           R"({"configOptions":)" + shown.to_json() + "}"));
}

void cli_state::enter_mode(const std::string& mode) {
  if (policy->mode() == mode)
    return;
  policy->set_mode(mode);
  if (mode == "plan")
    plan.forget();
  self->send(peers.permissions, session_mode{mode});
  if (observer)
    self->send(observer, agent_mode_changed{mode, false});
}

// Servers connect when they like, so it is asked at the start of every turn.
void cli_state::learn_read_only_tools() {
  if (wanted.params.mcp_servers.empty())
    return;
  call(
    0,
    [this](const frame& answer) {
      if (answer.error.empty())
        policy->set_read_only_tools(read_only_mcp_tools(answer));
    },
    mcp_status_request);
}

} // namespace agent_server::claude
