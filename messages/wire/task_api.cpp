#include "messages/wire/task_api.hpp"

#include "messages/error.hpp"
#include "messages/wire/attachment_json.hpp"
#include "messages/wire/cloud_prompt.hpp"
#include "messages/wire/json_reader.hpp"
#include "messages/wire/json_writer.hpp"

#include <array>
#include <utility>

namespace agent_server::task_api {

namespace {

using rapidjson::Value;

constexpr std::size_t max_error_text = 2'000;
constexpr std::size_t max_relayed_characters = 10'000;

/// In the order in which they are removed.
constexpr std::array<std::string_view, 3> pending_state_keys{
  "pending_user_message",
  "pending_user_artifact_ids",
  "pending_user_message_ts",
};

caf::error not_an_object(std::string_view what) {
  return make_failure(ec::control_plane_refused,
                      "the control plane's answer for the " + std::string{what}
                        + " is not a JSON object");
}

/// A string without surrounding blanks; nothing when that leaves none.
std::optional<std::string> trimmed_text_at(const Value* parent,
                                           std::string_view key) {
  constexpr std::string_view blanks = " \t\n\v\f\r";
  const auto text = json::text_of(json::find(parent, key));
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return std::nullopt;
  const auto last = text.find_last_not_of(blanks);
  return std::string{text.substr(first, last - first + 1)};
}

std::optional<std::string> pending_message(const Value* state) {
  const auto* message = json::find(state, "pending_user_message");
  if (message != nullptr && message->IsArray() && !message->Empty())
    return code_cloud_prompt(json::dump(*message));
  return json::text_at(state, "pending_user_message");
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 413: return "Payload Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Entity";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "unexpected status";
  }
}

/// Cuts to at most `bound` bytes, between characters.
void cut(std::string& text, std::size_t bound) {
  if (text.size() <= bound)
    return;
  while (bound > 0 && (static_cast<unsigned char>(text[bound]) & 0xC0) == 0x80)
    --bound;
  text.resize(bound);
}

Value string_value(std::string_view text, rapidjson::Document& owner) {
  return Value{text.data(), static_cast<rapidjson::SizeType>(text.size()),
               owner.GetAllocator()};
}

void set_member(Value& object, std::string_view key, const Value& value,
                rapidjson::Document& owner) {
  Value copy{value, owner.GetAllocator()};
  if (auto* present = json::find(&object, key))
    *present = copy;
  else
    object.AddMember(string_value(key, owner), copy, owner.GetAllocator());
}

void merge_output(rapidjson::Document& run, const Value& output) {
  auto* present = json::find(&run, "output");
  if (present == nullptr || !present->IsObject() || !output.IsObject()) {
    set_member(run, "output", output, run);
    return;
  }
  for (const auto& member : output.GetObject())
    set_member(*present, json::text_of(&member.name), member.value, run);
}

void remove_state_keys(rapidjson::Document& run, const Value& keys) {
  auto* state = json::find(&run, "state");
  if (state == nullptr || !state->IsObject() || !keys.IsArray())
    return;
  for (const auto& key : keys.GetArray())
    if (key.IsString())
      state->RemoveMember(key);
}

} // namespace

caf::expected<task> parse_task(std::string_view body) {
  rapidjson::Document document;
  if (!json::read(document, body) || !document.IsObject())
    return not_an_object("task");
  task out;
  out.description = json::text_of(json::find(&document, "description"));
  if (const auto* schema = json::find(&document, "json_schema");
      schema != nullptr && schema->IsObject())
    out.json_schema = json::dump(*schema);
  const auto* internal = json::find(&document, "internal");
  out.internal = internal != nullptr && internal->IsTrue();
  return out;
}

caf::expected<task_run> parse_run(std::string_view body) {
  rapidjson::Document document;
  if (!json::read(document, body) || !document.IsObject())
    return not_an_object("task run");
  task_run out;
  out.id = json::text_of(json::find(&document, "id"));
  const auto* state = json::find(&document, "state");
  out.initial_permission_mode = json::text_at(state, "initial_permission_mode");
  out.initial_prompt_override =
    trimmed_text_at(state, "initial_prompt_override");
  out.resume_from_run_id = trimmed_text_at(state, "resume_from_run_id");
  out.slack_notified_pr_url = json::text_at(state, "slack_notified_pr_url");
  out.pending_user_message = pending_message(state);
  if (const auto* ids = json::find(state, "pending_user_artifact_ids");
      ids != nullptr && ids->IsArray())
    for (const auto& id : ids->GetArray())
      if (id.IsString())
        out.pending_artifact_ids.emplace_back(json::text_of(&id));
  for (const auto key : pending_state_keys)
    if (json::find(state, key) != nullptr)
      out.pending_keys.emplace_back(key);
  out.artifacts = read_attachments(json::find(&document, "artifacts"));
  out.has_log = !json::text_of(json::find(&document, "log_url")).empty();
  return out;
}

std::string in_progress_body() {
  return R"({"status":"in_progress"})";
}

std::string failed_body(std::string_view error_message) {
  return json::writer{error_message.size() + 64}
    .open_object()
    .text("status", "failed")
    .text("error_message", error_message)
    .close_object()
    .take();
}

std::string output_body(std::string_view output) {
  return json::writer{output.size() + 16}
    .open_object()
    .raw("output", output)
    .close_object()
    .take();
}

std::string remove_keys_body(const std::vector<std::string>& keys) {
  json::writer out;
  out.open_object().key("state_remove_keys").open_array();
  for (const auto& key : keys)
    out.text(key);
  return out.close_array().close_object().take();
}

std::string append_log_body(
  const std::vector<std::shared_ptr<const std::string>>& entries) {
  std::size_t size = 32;
  for (const auto& entry : entries)
    size += entry->size() + 1;
  json::writer out{size};
  out.open_object().key("entries").open_array();
  for (const auto& entry : entries)
    out.raw(*entry);
  return out.close_array().close_object().take();
}

std::string relay_message_body(std::string_view text) {
  std::size_t characters = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end)
    if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80
        && ++characters > max_relayed_characters)
      break;
  text = text.substr(0, end);
  return json::writer{text.size() + 32}
    .open_object()
    .text("text", text)
    .close_object()
    .take();
}

std::string artifacts_body(const std::vector<artifact>& artifacts) {
  std::size_t size = 32;
  for (const auto& each : artifacts)
    size += each.content->size() + each.name.size() + 128;
  json::writer out{size};
  out.open_object().key("artifacts").open_array();
  for (const auto& each : artifacts)
    out.open_object()
      .text("name", each.name)
      .text("type", "artifact")
      .text("content", *each.content)
      .text("content_type", each.content_type)
      .close_object();
  return out.close_array().close_object().take();
}

caf::expected<std::vector<std::string>>
parse_storage_paths(std::string_view body, std::size_t uploaded) {
  rapidjson::Document document;
  json::read(document, body);
  const Value* list =
    document.IsArray() ? &document : json::find(&document, "artifacts");
  if (list == nullptr || !list->IsArray() || list->Size() < uploaded)
    return make_failure(ec::control_plane_refused,
                        "the control plane's answer to an upload does not list "
                        "the artifacts");
  std::vector<std::string> paths;
  for (auto i = list->Size() - uploaded; i < list->Size(); ++i) {
    const auto& entry = (*list)[static_cast<rapidjson::SizeType>(i)];
    paths.emplace_back(json::text_of(json::find(&entry, "storage_path")));
    if (paths.back().empty())
      return make_failure(ec::control_plane_refused,
                          "the control plane names no storage_path of an "
                          "artifact");
  }
  return paths;
}

std::string download_body(std::string_view storage_path) {
  return json::writer{storage_path.size() + 32}
    .open_object()
    .text("storage_path", storage_path)
    .close_object()
    .take();
}

std::string branch_body(std::string_view branch) {
  return json::writer{}
    .open_object()
    .text("branch", branch)
    .key("output")
    .open_object()
    .text("head_branch", branch)
    .close_object()
    .close_object()
    .take();
}

std::string pull_request_body(std::string_view url) {
  return json::writer{}
    .open_object()
    .key("output")
    .open_object()
    .text("pr_url", url)
    .close_object()
    .close_object()
    .take();
}

std::string error_text(int status, std::string_view body) {
  auto text = "Failed request: [" + std::to_string(status) + "] ";
  rapidjson::Document document;
  if (json::read(document, body))
    text += json::dump(document);
  else
    text += reason_phrase(status);
  cut(text, max_error_text);
  return text;
}

std::string merge_run(std::string_view text, std::string_view patch) {
  rapidjson::Document changes;
  if (!json::read(changes, patch) || !changes.IsObject())
    return std::string{text};
  rapidjson::Document run;
  if (!json::read(run, text) || !run.IsObject())
    run.SetObject();
  for (const std::string_view key : {"status", "error_message", "branch"})
    if (const auto* value = json::find(&changes, key))
      set_member(run, key, *value, run);
  if (const auto* output = json::find(&changes, "output"))
    merge_output(run, *output);
  if (const auto* keys = json::find(&changes, "state_remove_keys"))
    remove_state_keys(run, *keys);
  return json::dump(run);
}

} // namespace agent_server::task_api
