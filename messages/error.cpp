#include "messages/error.hpp"

#include <caf/message.hpp>
#include <caf/sec.hpp>
#include <utility>

namespace agent_server {

std::string to_string(ec code) {
  switch (code) {
    case ec::none: return "none";
    case ec::bad_config: return "bad_config";
    case ec::control_plane_unreachable: return "control_plane_unreachable";
    case ec::control_plane_refused: return "control_plane_refused";
    case ec::agent_not_found: return "agent_not_found";
    case ec::agent_crashed: return "agent_crashed";
    case ec::agent_handshake_timeout: return "agent_handshake_timeout";
    case ec::agent_refused: return "agent_refused";
    case ec::repository_timeout: return "repository_timeout";
    case ec::internal: return "internal";
    case ec::http_connect: return "http_connect";
    case ec::http_broken: return "http_broken";
    case ec::http_unusable: return "http_unusable";
    case ec::http_timeout: return "http_timeout";
    case ec::http_too_large: return "http_too_large";
    case ec::entries_refused: return "entries_refused";
    case ec::answer_lost: return "answer_lost";
    case ec::no_session: return "no_session";
    case ec::invalid_params: return "invalid_params";
    case ec::agent_error: return "agent_error";
    case ec::upstream_stream_terminated: return "upstream_stream_terminated";
    case ec::upstream_connection_error: return "upstream_connection_error";
    case ec::gateway_failed: return "gateway_failed";
    case ec::workspace_failed: return "workspace_failed";
  }
  return "internal";
}

caf::error make_failure(ec code, std::string text) {
  return caf::make_error(code, std::move(text));
}

std::string describe(const caf::error& err) {
  const auto& context = err.context();
  if (context.size() == 1 && context.match_element<std::string>(0))
    return context.get_as<std::string>(0);
  if (err.category() == caf::detail::error_factory<ec>::category)
    return to_string(static_cast<ec>(err.code()));
  if (err.category() == caf::atom("system"))
    return to_string(static_cast<caf::sec>(err.code()));
  return "error " + std::to_string(err.code());
}

ec code_of(const caf::error& err) {
  if (err.category() == caf::detail::error_factory<ec>::category)
    return static_cast<ec>(err.code());
  return ec::internal;
}

} // namespace agent_server
