#include "actors/local_plane.hpp"

#include "actors/io/private_file.hpp"
#include "messages/error.hpp"
#include "messages/wire/json_writer.hpp"
#include "messages/wire/notifications.hpp"
#include "messages/wire/task_api.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace agent_server {

namespace {

namespace fs = std::filesystem;

constexpr auto task_file = "task.json";
constexpr auto run_file = "run.json";
constexpr auto log_file = "log.ndjson";
const std::string artifact_directory = "artifacts/";

caf::error file_failure(const std::string& path, const char* what) {
  return make_failure(ec::control_plane_unreachable,
                      path + " cannot be " + what + ": " + strerror(errno));
}

caf::error content_failure(const std::string& path, const caf::error& err) {
  return make_failure(code_of(err), path + ": " + describe(err));
}

caf::expected<std::string> read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream content;
  if (!file || !(content << file.rdbuf()))
    return file_failure(path, "read");
  return content.str();
}

// Returns 0, or the errno of what failed.
int put(const std::string& path, int flags, std::string_view text) {
  const auto fd =
    open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
  if (fd < 0)
    return errno;
  int problem = 0;
  while (problem == 0 && !text.empty()) {
    const auto written = write(fd, text.data(), text.size());
    if (written >= 0)
      text.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      problem = errno;
  }
  if (close(fd) != 0 && problem == 0)
    problem = errno;
  return problem;
}

// Whoever reads the file sees the old text or the new one, never a part.
caf::error replace_file(const std::string& path, std::string_view text) {
  const auto fresh = path + ".new";
  errno = put(fresh, O_TRUNC, text);
  if (errno != 0 || rename(fresh.c_str(), path.c_str()) != 0)
    return file_failure(path, "written");
  return {};
}

std::string task_body(const std::string& id, const std::string& prompt,
                      const std::string& now) {
  json::writer out;
  out.open_object().text("id", id).text("title", "Local task");
  out.text("description", prompt).text("origin_product", "local");
  out.key("repository").null().key("json_schema").null();
  out.key("internal").boolean(false).text("created_at", now);
  return out.close_object().take() + "\n";
}

std::string run_body(const std::string& id, const std::string& now) {
  json::writer out;
  out.open_object().text("id", id).text("task", id);
  out.text("environment", "local").text("status", "queued");
  out.key("branch").null().key("error_message").null().key("output").null();
  out.key("state").open_object().close_object();
  out.key("artifacts").open_array().close_array().text("created_at", now);
  return out.close_object().take() + "\n";
}

bool is_artifact_path(const std::string& name) {
  const fs::path whole{name};
  return name.rfind(artifact_directory, 0) == 0
         && name.size() > artifact_directory.size()
         && whole.native() == whole.lexically_normal().native();
}

} // namespace

std::string local_plane_state::path(const char* file) const {
  return directory + "/" + file;
}

caf::error local_plane_state::prepare() {
  if (prepared)
    return {};
  std::error_code problem;
  fs::create_directories(path("artifacts"), problem);
  if (problem) {
    errno = problem.value();
    return file_failure(path("artifacts"), "made");
  }
  bool same_task = false;
  if (fs::exists(path(task_file), problem)) {
    const auto text = read_file(path(task_file));
    if (!text)
      return text.error();
    const auto known = task_api::parse_task(*text);
    if (!known)
      return content_failure(path(task_file), known.error());
    same_task =
      known->description == prompt && fs::exists(path(run_file), problem);
  }
  if (!same_task)
    if (auto err = begin_run())
      return err;
  prepared = true;
  return {};
}

caf::error local_plane_state::begin_run() {
  const auto now = iso_timestamp(std::chrono::system_clock::now());
  const auto id = fs::path{directory}.filename().string();
  if (auto err = replace_file(path(run_file), run_body(id, now)))
    return err;
  return replace_file(path(task_file), task_body(id, prompt, now));
}

caf::result<task> local_plane_state::read_task() {
  if (auto err = prepare())
    return err;
  const auto text = read_file(path(task_file));
  if (!text)
    return text.error();
  auto parsed = task_api::parse_task(*text);
  if (!parsed)
    return content_failure(path(task_file), parsed.error());
  return std::move(*parsed);
}

caf::result<task_run> local_plane_state::read_run() {
  if (auto err = prepare())
    return err;
  const auto text = read_file(path(run_file));
  if (!text)
    return text.error();
  auto parsed = task_api::parse_run(*text);
  if (!parsed)
    return content_failure(path(run_file), parsed.error());
  return std::move(*parsed);
}

caf::error local_plane_state::merge(const std::string& change) {
  if (auto err = prepare())
    return err;
  const auto text = read_file(path(run_file));
  if (!text)
    return text.error();
  return replace_file(path(run_file), task_api::merge_run(*text, change));
}

caf::result<run_updated> local_plane_state::update(const update_run& change) {
  if (auto err = merge(change.body))
    return err;
  return run_updated{};
}

caf::result<output_set> local_plane_state::keep_output(const set_output& m) {
  if (auto err = merge(task_api::output_body(m.output)))
    return err;
  return output_set{};
}

caf::result<log_appended> local_plane_state::append(const append_log& log) {
  if (auto err = prepare())
    return err;
  std::string lines;
  for (const auto& entry : log.entries)
    (lines += *entry) += '\n';
  errno = put(path(log_file), O_APPEND, lines);
  if (errno != 0)
    return file_failure(path(log_file), "written");
  return log_appended{};
}

caf::result<artifacts_uploaded>
local_plane_state::keep_artifacts(const upload_artifacts& m) {
  if (auto err = prepare())
    return err;
  artifacts_uploaded kept;
  for (const auto& each : m.artifacts) {
    const auto name = artifact_directory + each.name;
    if (!is_artifact_path(name))
      return make_failure(ec::control_plane_refused,
                          "an artifact cannot be called " + each.name);
    const auto target = path(name.c_str());
    std::error_code problem;
    fs::create_directories(fs::path{target}.parent_path(), problem);
    if (auto err = replace_file(target, *each.content))
      return err;
    kept.storage_paths.push_back(name);
  }
  return kept;
}

caf::result<artifact_downloaded>
local_plane_state::copy_artifact(const download_artifact& m) {
  if (!is_artifact_path(m.storage_path))
    return make_failure(ec::control_plane_refused,
                        m.storage_path + " is no artifact");
  const auto source = path(m.storage_path.c_str());
  std::error_code problem;
  const auto size = fs::file_size(source, problem);
  if (!problem && size > m.max_size)
    return make_failure(ec::control_plane_refused,
                        source + " is larger than " + std::to_string(m.max_size)
                          + " bytes");
  const auto content = read_file(source);
  if (!content)
    return content.error();
  if (auto err = write_private_file(m.to_path, *content))
    return err;
  return artifact_downloaded{content->size()};
}

control_plane_actor::behavior_type
local_plane(local_plane_self* self, std::string directory, std::string prompt) {
  auto& state = self->state;
  state.directory = std::move(directory);
  state.prompt = std::move(prompt);
  while (state.directory.size() > 1 && state.directory.back() == '/')
    state.directory.pop_back();
  return {
    [self](get_task) { return self->state.read_task(); },
    [self](const get_run&) { return self->state.read_run(); },
    [](const get_run_log&) -> caf::result<run_log> {
      return make_failure(ec::control_plane_refused,
                          "a local task has one run only");
    },
    [self](const update_run& change) { return self->state.update(change); },
    [self](const set_output& m) { return self->state.keep_output(m); },
    [self](const append_log& log) { return self->state.append(log); },
    [self](const upload_artifacts& m) { return self->state.keep_artifacts(m); },
    [self](const download_artifact& m) { return self->state.copy_artifact(m); },
    // What was said is in the log; there is nobody else to tell.
    [](const relay_message&) { return message_relayed{}; },
    [](boot_over) { /* a directory has no deadlines */ },
    [](const alarm&) { /* and no second tries */ },
  };
}

} // namespace agent_server
