#include "messages/wire/claude/tool_calls.hpp"

#include "messages/wire/claude/tool_content.hpp"
#include "messages/wire/claude/tool_result.hpp"
#include "messages/wire/claude/tool_table.hpp"
#include "messages/wire/json_reader.hpp"

#include <utility>

namespace agent_server::claude {

namespace {

using rapidjson::Value;

json::writer update_of(std::string_view id, std::string_view kind,
                       std::size_t expected_size = 512) {
  json::writer out{expected_size};
  out.open_object().text("sessionUpdate", kind).text("toolCallId", id);
  return out;
}

/// What `_meta.claudeCode` says of a call. A session is resumed from the log,
/// whose reader finds calls by `toolCallId`.
struct call_meta {
  std::string_view id;
  std::string_view name;
  std::string_view parent;
  std::string_view bash_command;
  std::string_view response; // JSON
};

void write_meta(json::writer& out, const call_meta& meta) {
  out.key("_meta").open_object().key("claudeCode").open_object();
  if (!meta.name.empty())
    out.text("toolName", meta.name);
  out.text("toolCallId", meta.id);
  if (!meta.parent.empty())
    out.text("parentToolCallId", meta.parent);
  if (!meta.bash_command.empty())
    out.text("bashCommand", meta.bash_command);
  if (!meta.response.empty())
    out.raw("toolResponse", meta.response);
  out.close_object().close_object();
}

void write_face(json::writer& out, const tool_face& face) {
  out.text("title", face.title).text("kind", face.kind);
  out.raw("content", face.content);
  if (face.locations != "[]")
    out.raw("locations", face.locations);
}

std::string_view subject_of(std::string_view name, const Value* input) {
  if (name == "Bash")
    return json::text_of(json::find(input, "command"));
  if (name == "WebFetch")
    return json::text_of(json::find(input, "url"));
  return {};
}

/// The two sides of a hunk's lines (" same", "-old", "+new").
std::pair<std::string, std::string> sides_of(const Value* lines) {
  std::pair<std::string, std::string> out;
  if (lines == nullptr || !lines->IsArray())
    return out;
  bool has_old = false;
  bool has_new = false;
  auto add = [](std::string& side, bool& has_line, std::string_view text) {
    if (std::exchange(has_line, true))
      side += '\n';
    side += text;
  };
  for (const auto& line : lines->GetArray()) {
    auto text = json::text_of(&line);
    const auto mark = text.empty() ? ' ' : text.front();
    text.remove_prefix(text.empty() ? 0 : 1);
    if (mark == '\\') // "\ No newline at end of file"
      continue;
    if (mark != '+')
      add(out.first, has_old, text);
    if (mark != '-')
      add(out.second, has_new, text);
  }
  return out;
}

/// The diff of a file that was edited: its hunks and where they are.
void write_patch(json::writer& out, const Value* response) {
  const auto path = json::text_of(json::find(response, "filePath"));
  const auto* patch = json::find(response, "structuredPatch");
  if (path.empty() || patch == nullptr || !patch->IsArray() || patch->Empty())
    return;
  out.key("content").open_array();
  for (const auto& hunk : patch->GetArray()) {
    const auto [old_text, new_text] = sides_of(json::find(&hunk, "lines"));
    write_diff(out, path, &old_text, new_text);
  }
  out.close_array().key("locations").open_array();
  for (const auto& hunk : patch->GetArray()) {
    out.open_object().text("path", path);
    if (const auto* line = json::find(&hunk, "newStart");
        line != nullptr && line->IsInt64())
      out.number("line", line->GetInt64());
    out.close_object();
  }
  out.close_array();
}

} // namespace

tool_calls::tool_calls(std::string cwd) : cwd_(std::move(cwd)) {}

tool_calls::call& tool_calls::open(std::string_view id, std::string_view name,
                                   std::string_view parent) {
  if (const auto found = calls_.find(id); found != calls_.end())
    return found->second;
  if (calls_.size() >= max_open_calls)
    calls_.clear();
  call next;
  next.name = name;
  next.parent = parent;
  return calls_.emplace(id, std::move(next)).first->second;
}

std::string tool_calls::start(std::string_view id, std::string_view name,
                              std::string_view parent) {
  auto& opened = open(id, name, parent);
  if (plan::kept_by(name) || std::exchange(opened.announced, true))
    return {};
  auto out = update_of(id, "tool_call");
  out.text("status", "pending");
  write_face(out, describe_tool(name, nullptr, cwd_));
  out.raw("rawInput", "{}");
  write_meta(out, {id, name, parent, {}, {}});
  return out.close_object().take();
}

std::string tool_calls::add_input(std::string_view id, std::string_view piece) {
  const auto found = calls_.find(id);
  if (found == calls_.end() || !found->second.announced)
    return {};
  auto& growing = found->second;
  if (!growing.partial.append(piece)
      || growing.partial.members_size() < 2 * growing.shown)
    return {};
  growing.shown = growing.partial.members_size();
  const auto members = growing.partial.members();
  if (members.empty())
    return {};
  auto out = update_of(id, "tool_call_update", members.size() + 256);
  out.raw("rawInput", members);
  write_meta(out, {id, growing.name, growing.parent, {}, {}});
  return out.close_object().take();
}

std::string tool_calls::complete(std::string_view id, std::string_view name,
                                 std::string_view parent, const Value& input) {
  auto& opened = open(id, name, parent);
  opened.partial = {};
  if (plan::kept_by(name)) {
    opened.plan_input = json::dump(input);
    // A sub-agent's todos are its own.
    return parent.empty() ? keep_plan(name, &input, nullptr) : std::string{};
  }
  opened.subject = subject_of(name, &input);
  const auto raw_input = json::dump(input);
  const bool is_new = !std::exchange(opened.announced, true);
  auto out = update_of(id, is_new ? "tool_call" : "tool_call_update",
                       2 * raw_input.size() + 512);
  if (is_new)
    out.text("status", "pending");
  write_face(out, describe_tool(name, &input, cwd_));
  out.raw("rawInput", raw_input);
  write_meta(out, {id,
                   name,
                   parent,
                   name == "Bash" ? std::string_view{opened.subject} : "",
                   {}});
  return out.close_object().take();
}

std::string tool_calls::respond(std::string_view id, const Value& hook_input) {
  const auto name = json::text_of(json::find(&hook_input, "tool_name"));
  const auto* input = json::find(&hook_input, "tool_input");
  const auto* response = json::find(&hook_input, "tool_response");
  const auto found = calls_.find(id);
  if (plan::kept_by(name)) {
    if (found != calls_.end())
      found->second.plan_input.clear();
    return name == "TodoWrite" ? std::string{}
                               : keep_plan(name, input, response);
  }
  auto text = response == nullptr ? std::string{} : json::dump(*response);
  if (text.size() > max_tool_response)
    text.clear();
  auto out = update_of(id, "tool_call_update", 2 * text.size() + 512);
  write_patch(out, response);
  call_meta meta{id, name, {}, {}, text};
  if (found != calls_.end()) {
    // Hooks of 2.1.112 call Task by its newer name.
    meta.name = found->second.name;
    meta.parent = found->second.parent;
  }
  if (name == "Bash")
    meta.bash_command = subject_of(name, input);
  write_meta(out, meta);
  return out.close_object().take();
}

std::string tool_calls::finish(const Value& result, const Value* structured) {
  const auto id = json::text_of(json::find(&result, "tool_use_id"));
  call done;
  if (const auto found = calls_.find(id); found != calls_.end()) {
    done = std::move(found->second);
    calls_.erase(found);
  }
  if (plan::kept_by(done.name)) {
    rapidjson::Document input;
    if (done.name == "TodoWrite" || !json::read(input, done.plan_input))
      return {};
    return keep_plan(done.name, &input, structured);
  }
  const auto outcome = describe_result(
    done.name, result, structured, done.name == "WebFetch" ? done.subject : "");
  auto out =
    update_of(id, "tool_call_update",
              outcome.content.size() + outcome.raw_output.size() + 512);
  out.text("status", outcome.failed ? "failed" : "completed");
  if (!outcome.title.empty())
    out.text("title", outcome.title);
  if (!outcome.content.empty())
    out.raw("content", outcome.content);
  out.raw("rawOutput", outcome.raw_output);
  write_meta(out, {id, done.name, done.parent, {}, {}});
  return out.close_object().take();
}

std::string tool_calls::refuse(std::string_view id,
                               std::string_view text) const {
  const auto found = calls_.find(id);
  auto out = update_of(id, "tool_call_update");
  out.text("status", "failed").key("content").open_array();
  write_text_content(out, text);
  out.close_array();
  call_meta meta{id, {}, {}, {}, {}};
  if (found != calls_.end()) {
    meta.name = found->second.name;
    meta.parent = found->second.parent;
  }
  write_meta(out, meta);
  return out.close_object().take();
}

std::vector<std::string> tool_calls::abandon() {
  std::vector<std::string> updates;
  for (auto each = calls_.begin(); each != calls_.end();) {
    const auto& [id, open] = *each;
    if (!open.parent.empty()) { // a sub-agent may go on by itself
      ++each;
      continue;
    }
    if (open.announced) {
      auto out = update_of(id, "tool_call_update");
      out.text("status", "failed");
      write_meta(out, {id, open.name, {}, {}, {}});
      updates.push_back(out.close_object().take());
    }
    each = calls_.erase(each);
  }
  return updates;
}

std::string tool_calls::keep_plan(std::string_view name, const Value* input,
                                  const Value* response) {
  if (!plan_.take(name, input, response))
    return {};
  json::writer out;
  return out.open_object()
    .text("sessionUpdate", "plan")
    .raw("entries", plan_.entries())
    .close_object()
    .take();
}

} // namespace agent_server::claude
