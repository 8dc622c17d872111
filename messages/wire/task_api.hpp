#pragma once

#include "messages/task.hpp"

#include <caf/expected.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Bodies of the task API.
namespace agent_server::task_api {

/// Errors: `ec::control_plane_refused`, naming what is wrong with the body.
caf::expected<task> parse_task(std::string_view body);
caf::expected<task_run> parse_run(std::string_view body);

std::string in_progress_body();
std::string failed_body(std::string_view error_message);
/// `{"output":…}` of a JSON value.
std::string output_body(std::string_view output);
std::string remove_keys_body(const std::vector<std::string>& keys);

/// `{"entries":[…]}` of entries that are JSON objects already.
std::string
append_log_body(const std::vector<std::shared_ptr<const std::string>>& entries);

/// `{"text":…}`, cut at 10,000 characters: more is refused.
std::string relay_message_body(std::string_view text);

/// `{"artifacts":[…]}` of an upload.
std::string artifacts_body(const std::vector<artifact>& artifacts);

/// The storage paths of the artifacts just uploaded, out of the run's whole
/// list of artifacts, whose newest stand last. Error:
/// `ec::control_plane_refused`.
caf::expected<std::vector<std::string>>
parse_storage_paths(std::string_view body, std::size_t uploaded);

/// `{"storage_path":…}`.
std::string download_body(std::string_view storage_path);

/// `{"branch":…,"output":{"head_branch":…}}`.
std::string branch_body(std::string_view branch);
/// `{"output":{"pr_url":…}}`.
std::string pull_request_body(std::string_view url);

/// `Failed request: [<status>] <compact JSON body, or the status text>`, cut at
/// 2,000 characters.
std::string error_text(int status, std::string_view body);

/// `text` with the members of the JSON object `patch` merged in: `status`,
/// `error_message` and `branch` replaced, `output` merged one level deep,
/// `state_remove_keys` removed from `state`. For the local plane, which keeps
/// the run in a file.
std::string merge_run(std::string_view text, std::string_view patch);

} // namespace agent_server::task_api
