#pragma once

#include "messages/permission.hpp"
#include "messages/wire/model_catalog.hpp"

#include <string>
#include <string_view>

/// What an ACP agent answers, for a driver whose agent speaks no ACP.
namespace agent_server::claude {

/// The result of `initialize`.
std::string initialize_result(std::string_view version);

/// The result of `session/new`: modes, models and config options.
std::string session_result(std::string_view session_id,
                           const catalog_options& options);

/// The result of `session/prompt`; `usage` is JSON or empty.
std::string prompt_result(std::string_view stop_reason, std::string_view usage,
                          bool interrupted);

/// The request `session/request_permission`; `id` is JSON text.
std::string permission_request(std::string_view id, std::string_view session_id,
                               const permission_question& question);

} // namespace agent_server::claude
