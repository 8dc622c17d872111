#include "messages/wire/resume_log.hpp"

#include "messages/utf8.hpp"
#include "messages/wire/json_reader.hpp"

#include <algorithm>
#include <utility>

namespace agent_server {

namespace {

using rapidjson::Value;

constexpr std::string_view cut_mark = "...(truncated)";
constexpr std::size_t longest_character = 4; // bytes
// Turns that are too old are looked for once in so many.
constexpr std::size_t turns_between_looks = 64;

bool is_resume_prompt(std::string_view text) {
  return std::any_of(resume_markers.begin(), resume_markers.end(),
                     [&](std::string_view marker) {
                       return text.find(marker) != std::string_view::npos;
                     });
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string cut(std::string_view text, std::size_t characters) {
  const auto kept = utf8::first(text, characters);
  std::string out{kept};
  if (kept.size() < text.size())
    out += cut_mark;
  return out;
}

void append_line(std::string& out, std::string_view text) {
  if (text.empty())
    return;
  if (!out.empty())
    out += '\n';
  out += text;
}

/// What a content block says to a reader.
std::string block_text(const Value& block) {
  const auto type = json::text_of(json::find(&block, "type"));
  if (type == "text")
    return std::string{json::text_of(json::find(&block, "text"))};
  if (type == "resource_link")
    return "[attached: "
           + std::string{json::text_of(json::find(&block, "name"))} + "]";
  return {};
}

std::string content_text(const Value* content) {
  if (content == nullptr)
    return {};
  if (!content->IsArray())
    return block_text(*content);
  std::string out;
  for (const auto& block : content->GetArray())
    append_line(out, block_text(block));
  return out;
}

/// The text of a tool call's `content` (contract 8.4).
std::string tool_content_text(const Value* content) {
  std::string out;
  if (content != nullptr && content->IsArray())
    for (const auto& item : content->GetArray())
      if (const auto* inner = json::find(&item, "content"))
        append_line(out, block_text(*inner));
  return out;
}

/// A tool's own output in words, where its form is known; else as JSON.
std::string output_text(const Value& output) {
  if (output.IsString())
    return std::string{json::text_of(&output)};
  if (output.IsArray() || json::find(&output, "content") != nullptr) {
    auto text =
      content_text(output.IsArray() ? &output : json::find(&output, "content"));
    if (!text.empty())
      return text;
  }
  if (const auto* printed = json::find(&output, "stdout");
      printed != nullptr && printed->IsString()) {
    std::string text{trimmed(json::text_of(printed))};
    append_line(text, trimmed(json::text_of(json::find(&output, "stderr"))));
    return text;
  }
  return json::dump(output);
}

bool is_set(const Value* value) {
  return value != nullptr && !value->IsNull();
}

resumed_tool tool_of(const Value& update) {
  const auto* meta = json::find(update, {"_meta", "claudeCode"});
  resumed_tool told;
  told.id = json::text_of(json::find(meta, "toolCallId"));
  if (told.id.empty())
    told.id = json::text_of(json::find(&update, "toolCallId"));
  for (const auto* name :
       {json::find(meta, "toolName"), json::find(&update, "title"),
        json::find(&update, "kind")})
    if (told.name.empty())
      told.name = json::text_of(name);
  const auto status = json::text_of(json::find(&update, "status"));
  std::string result;
  if (const auto* response = json::find(meta, "toolResponse"); is_set(response))
    result = output_text(*response);
  else if (status == "completed" || status == "failed") {
    result = tool_content_text(json::find(&update, "content"));
    if (const auto* output = json::find(&update, "rawOutput");
        result.empty() && is_set(output))
      result = output_text(*output);
  }
  told.result = cut(trimmed(result), max_tool_result_characters);
  return told;
}

std::optional<git_checkpoint> checkpoint_of(const Value* params) {
  git_checkpoint found;
  const std::pair<const char*, std::string*> fields[] = {
    {"checkpointId", &found.checkpoint_id},
    {"checkpointRef", &found.checkpoint_ref},
    {"commit", &found.commit},
    {"headRef", &found.head_ref},
    {"head", &found.head},
    {"branch", &found.branch},
    {"indexTree", &found.index_tree},
    {"worktreeTree", &found.worktree_tree},
    {"timestamp", &found.timestamp},
    {"upstreamRemote", &found.upstream_remote},
    {"upstreamMergeRef", &found.upstream_merge_ref},
    {"remoteUrl", &found.remote_url},
    {"artifactPath", &found.artifact_path},
    {"indexArtifactPath", &found.index_artifact_path},
  };
  for (const auto& [name, field] : fields)
    *field = json::text_of(json::find(params, name));
  if (found.checkpoint_id.empty() || found.checkpoint_ref.empty())
    return std::nullopt;
  return found;
}

bool is_empty(const resumed_turn& turn) {
  return turn.text.empty() && turn.tools.empty();
}

std::size_t size_of(const resumed_turn& turn) {
  auto size = utf8::characters(turn.text);
  for (const auto& tool : turn.tools)
    size += utf8::characters(tool.name) + utf8::characters(tool.result);
  return size;
}

/// Cuts a turn that has ended: of what the user said the beginning is kept, of
/// what the agent said and did the end.
void bound(resumed_turn& turn) {
  if (turn.of_user) {
    turn.text = cut(turn.text, max_turn_characters);
    return;
  }
  const auto kept = utf8::last(turn.text, max_turn_characters);
  if (kept.size() < turn.text.size())
    turn.text = std::string{cut_mark} + std::string{kept};
}

std::size_t tools_size(const resumed_turn& turn) {
  std::size_t size = 0;
  for (const auto& tool : turn.tools)
    size += tool.name.size() + tool.result.size();
  return size;
}

} // namespace

void resume_log_reader::take(std::string_view line) {
  if (is_blank(line))
    return;
  rapidjson::Document entry;
  if (line.size() > max_log_line || !json::read(entry, line)
      || !entry.IsObject()) {
    ++found_.bad_lines;
    return;
  }
  const auto* said = json::find(&entry, "notification");
  const auto method = json::text_of(json::find(said, "method"));
  const auto* params = json::find(said, "params");
  if (method == "_posthog/git_checkpoint"
      || method == "__posthog/git_checkpoint") {
    if (auto checkpoint = checkpoint_of(params))
      found_.checkpoint = std::move(checkpoint);
    return;
  }
  if (method == "session/prompt") {
    const auto* prompt = json::find(params, "prompt");
    awaits_echo_ = true;
    of_request_ = 0;
    if (prompt != nullptr && prompt->IsArray())
      for (const auto& block : prompt->GetArray())
        user_said(block_text(block), true);
    return;
  }
  const auto* update = json::find(params, "update");
  if (method != "session/update" || update == nullptr || !update->IsObject())
    return;
  const auto kind = json::text_of(json::find(update, "sessionUpdate"));
  if (kind == "user_message" || kind == "user_message_chunk")
    user_said(content_text(json::find(update, "content")), false);
  else if (kind == "agent_message" || kind == "agent_message_chunk")
    agent_said(content_text(json::find(update, "content")));
  else if (kind == "tool_call" || kind == "tool_call_update"
           || kind == "tool_result")
    tool_told(tool_of(*update));
}

void resume_log_reader::user_said(std::string text, bool in_request) {
  if (!in_request && std::exchange(awaits_echo_, false))
    for (; of_request_ > 0 && !found_.turns.empty(); --of_request_)
      found_.turns.pop_back();
  if (text.empty())
    return;
  if (!found_.turns.empty())
    bound(found_.turns.back());
  resumed_turn said;
  said.of_user = true;
  // Kept, as a bound of the agent's turns, until it is left out at the end.
  if (!is_resume_prompt(text))
    said.text = std::move(text);
  found_.turns.push_back(std::move(said));
  if (in_request)
    ++of_request_;
  drop_what_is_too_old();
}

resumed_turn& resume_log_reader::open_agent_turn() {
  awaits_echo_ = false;
  if (found_.turns.empty() || found_.turns.back().of_user) {
    if (!found_.turns.empty())
      bound(found_.turns.back());
    found_.turns.emplace_back();
  }
  return found_.turns.back();
}

void resume_log_reader::agent_said(std::string_view text) {
  if (text.empty())
    return;
  auto& turn = open_agent_turn();
  turn.text += text;
  // The exact cut comes once it has ended.
  constexpr auto enough = max_turn_characters * longest_character;
  if (turn.text.size() > 2 * enough)
    turn.text.erase(0, turn.text.size() - enough);
}

void resume_log_reader::tool_told(resumed_tool told) {
  if (told.id.empty())
    return;
  auto& turn = open_agent_turn();
  const auto known =
    std::find_if(turn.tools.rbegin(), turn.tools.rend(),
                 [&](const resumed_tool& tool) { return tool.id == told.id; });
  if (known == turn.tools.rend()) {
    if (told.name.empty())
      return;
    turn.tools.push_back(std::move(told));
  } else {
    if (!told.result.empty())
      known->result = std::move(told.result);
  }
  while (tools_size(turn) > max_turn_characters && turn.tools.size() > 1)
    turn.tools.pop_front();
}

void resume_log_reader::drop_what_is_too_old() {
  if (found_.turns.size() % turns_between_looks != 0)
    return;
  std::size_t size = 0;
  auto turn = found_.turns.rbegin();
  while (turn != found_.turns.rend() && size <= max_history_characters)
    size += size_of(*turn++);
  for (auto left = found_.turns.rend() - turn; left > 0; --left) {
    found_.omitted_turns += is_empty(found_.turns.front()) ? 0 : 1;
    found_.turns.pop_front();
  }
}

resumed_conversation resume_log_reader::finish() {
  auto& turns = found_.turns;
  if (!turns.empty())
    bound(turns.back());
  turns.erase(std::remove_if(turns.begin(), turns.end(), is_empty),
              turns.end());
  std::size_t size = 0;
  auto kept = turns.size();
  while (kept > 0 && size + size_of(turns[kept - 1]) <= max_history_characters)
    size += size_of(turns[--kept]);
  while (kept < turns.size() && !turns[kept].of_user)
    ++kept;
  found_.omitted_turns += kept;
  turns.erase(turns.begin(), turns.begin() + static_cast<std::ptrdiff_t>(kept));
  return std::move(found_);
}

} // namespace agent_server
