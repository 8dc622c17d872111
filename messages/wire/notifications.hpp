#pragma once

#include "messages/journal.hpp"

#include <chrono>
#include <string>
#include <string_view>

/// JSON-RPC notifications that the server makes itself, and the two shapes that
/// carry any notification: the SSE frame and the log entry.
namespace agent_server {

/// UTC, ISO 8601 with milliseconds: `2026-05-07T10:00:00.123Z`.
std::string iso_timestamp(std::chrono::system_clock::time_point at);

std::string run_started(std::string_view session_id, std::string_view run_id,
                        std::string_view task_id, std::string_view version);
std::string turn_complete(std::string_view session_id,
                          std::string_view stop_reason);
std::string sdk_session(std::string_view task_run_id,
                        std::string_view session_id, std::string_view adapter);
/// `config_option_update` / `current_mode_update` of session/update.
std::string config_option_update(std::string_view session_id,
                                 std::string_view options);
std::string current_mode_update(std::string_view session_id,
                                std::string_view mode);
/// A whole agent message, as the log keeps it instead of its chunks.
std::string agent_message(std::string_view text);
/// `_posthog/console`; `level` is debug, info, warn or error.
std::string console(std::string_view level, std::string_view message);

/// `{"type":"notification","timestamp":…,"notification":…}`.
std::string log_entry(const journal_entry& entry);
/// The same entry with the member `"redelivered":true`: the control plane may
/// have it already. Readers that do not know the member pass over it.
std::string redelivered(std::string_view log_entry);
/// The same as an SSE frame: `data: …` and a blank line.
std::string event_frame(const journal_entry& entry);
/// The SSE frame that greets a client.
std::string connected_frame(std::string_view run_id);

/// A journal entry of now.
journal_entry make_entry(std::string notification);

} // namespace agent_server
