#include "messages/wire/claude/plan.hpp"

#include "messages/wire/json_reader.hpp"
#include "messages/wire/json_writer.hpp"

#include <algorithm>
#include <array>

namespace agent_server::claude {

namespace {

using rapidjson::Value;

constexpr std::array<std::string_view, 4> tools{"TodoWrite", "TaskCreate",
                                                "TaskUpdate", "TaskList"};

std::string text(const Value* parent, std::string_view key,
                 std::string_view otherwise = {}) {
  const auto found = json::text_of(json::find(parent, key));
  return std::string{found.empty() ? otherwise : found};
}

} // namespace

bool plan::kept_by(std::string_view tool_name) {
  return std::find(tools.begin(), tools.end(), tool_name) != tools.end();
}

bool plan::take(std::string_view tool_name, const Value* input,
                const Value* response) {
  if (tool_name == "TodoWrite")
    return replace(json::find(input, "todos"), "content");
  if (response == nullptr || !response->IsObject())
    return false;
  if (tool_name == "TaskCreate")
    return create(input, json::find(response, "task"));
  if (tool_name == "TaskUpdate")
    return update(input, response);
  if (tool_name == "TaskList")
    return replace(json::find(response, "tasks"), "subject");
  return false;
}

bool plan::replace(const Value* list, std::string_view content_key) {
  if (list == nullptr || !list->IsArray())
    return false;
  std::vector<entry> next;
  for (const auto& each : list->GetArray())
    next.push_back({text(&each, "id"), text(&each, content_key),
                    text(&each, "status", "pending")});
  if (next == entries_)
    return false;
  entries_ = std::move(next);
  return true;
}

bool plan::create(const Value* input, const Value* task) {
  const auto id = text(task, "id");
  if (id.empty())
    return false;
  // Todos have no ids: the agent keeps its plan in the one way or the other.
  entries_.erase(std::remove_if(entries_.begin(), entries_.end(),
                                [&](const entry& each) {
                                  return each.id.empty() || each.id == id;
                                }),
                 entries_.end());
  entries_.push_back(
    {id, text(task, "subject", text(input, "subject")), "pending"});
  return true;
}

bool plan::update(const Value* input, const Value* response) {
  const auto id = text(response, "taskId", text(input, "taskId"));
  const auto found =
    std::find_if(entries_.begin(), entries_.end(),
                 [&](const entry& each) { return each.id == id; });
  const auto* success = json::find(response, "success");
  if (id.empty() || found == entries_.end()
      || (success != nullptr && success->IsFalse()))
    return false;
  auto changed = *found;
  changed.status = text(json::find(response, "statusChange"), "to",
                        text(input, "status", changed.status));
  changed.content = text(input, "subject", changed.content);
  if (changed == *found)
    return false;
  if (changed.status == "deleted")
    entries_.erase(found);
  else
    *found = std::move(changed);
  return true;
}

std::string plan::entries() const {
  json::writer out;
  out.open_array();
  for (const auto& each : entries_)
    out.open_object()
      .text("content", each.content)
      .text("status", each.status)
      .text("priority", "medium")
      .close_object();
  return out.close_array().take();
}

} // namespace agent_server::claude
