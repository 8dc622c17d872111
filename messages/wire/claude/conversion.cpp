#include "messages/wire/claude/conversion.hpp"

#include "messages/wire/acp_agent.hpp"
#include "messages/wire/claude/frame_document.hpp"
#include "messages/wire/claude/tool_calls.hpp"
#include "messages/wire/claude/updates.hpp"
#include "messages/wire/claude/usage.hpp"
#include "messages/wire/json_writer.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace agent_server::claude {

namespace {

using rapidjson::Value;
using lines = std::vector<acp_line>;

constexpr std::string_view synthetic_model = "<synthetic>";

std::string_view text_at(const Value* parent, std::string_view key) {
  return json::text_of(json::find(parent, key));
}

bool is_tool_call(std::string_view block_type) {
  return block_type == "tool_use" || block_type == "server_tool_use"
         || block_type == "mcp_tool_use";
}

// tool_result, web_search_tool_result, …
bool is_tool_result(std::string_view block_type) {
  constexpr std::string_view end = "tool_result";
  return block_type.size() >= end.size()
         && block_type.substr(block_type.size() - end.size()) == end;
}

} // namespace

struct conversion::state {
  state(std::string session, std::string cwd, std::int64_t window)
    : session_id(std::move(session)), context_window(window),
      calls(std::move(cwd)) {}

  /// A message on its way from the model.
  struct stream {
    std::string message_id;
    /// Its end is still to come.
    bool open = false;
    /// Tool calls by the index of their block.
    std::map<std::int64_t, std::string> tool_blocks;
  };

  std::string session_id;
  std::int64_t context_window;
  tool_calls calls;
  /// By the tool call of the sub-agent; the main agent's is "".
  std::map<std::string, stream, std::less<>> streams;

  std::string model; // of the main agent's last message
  token_counts counts;
  std::int64_t used = 0;
  std::int64_t shown_used = -1;
  std::int64_t shown_size = -1;

  std::vector<std::string> texts;
  bool begins_text = true;
  /// The main agent has said something since the last result.
  bool has_spoken = false;
  bool was_cut_short = false;

  void update(lines& out, const std::string& object) const {
    if (!object.empty())
      out.push_back(
        {acp::update_line(session_id, object), journal_kind::other, {}});
  }

  void extension(lines& out, std::string_view method,
                 std::string_view params) const {
    out.push_back({extension_line(method, params), journal_kind::other, {}});
  }

  void say(lines& out, std::string_view parent, std::string_view text);
  void think(lines& out, std::string_view parent, std::string_view text) const;
  void show_usage(lines& out, std::string_view cost = {});

  void take_event(const frame& f, lines& out);
  void take_block_start(stream& s, std::string_view parent, const Value& event,
                        lines& out);
  void take_delta(stream& s, std::string_view parent, const Value& event,
                  lines& out);
  void take_assistant(const frame& f, lines& out);
  void take_user(const frame& f, lines& out);
  void take_system(const frame& f, lines& out);
  void take_result(const frame& f, lines& out);
};

void conversion::state::say(lines& out, std::string_view parent,
                            std::string_view text) {
  if (text.empty())
    return;
  out.push_back(
    {message_chunk(session_id, text, parent), journal_kind::other, {}});
  if (!parent.empty())
    return;
  out.back().kind = journal_kind::text_chunk;
  out.back().text = text;
  has_spoken = true;
  if (texts.empty() || begins_text)
    texts.emplace_back();
  begins_text = false;
  texts.back() += text;
}

void conversion::state::think(lines& out, std::string_view parent,
                              std::string_view text) const {
  if (!text.empty())
    out.push_back(
      {thought_chunk(session_id, text, parent), journal_kind::other, {}});
}

void conversion::state::show_usage(lines& out, std::string_view cost) {
  if (cost.empty() && used == shown_used && context_window == shown_size)
    return;
  shown_used = used;
  shown_size = context_window;
  out.push_back({usage_update(session_id, used, context_window, cost),
                 journal_kind::other,
                 {}});
}

void conversion::state::take_event(const frame& f, lines& out) {
  const auto* event = member(f, {"event"});
  if (event == nullptr)
    return;
  const auto parent = text_member(f, {"parent_tool_use_id"});
  const auto type = text_at(event, "type");
  auto& s = streams[parent];
  if (type == "message_start") {
    const auto* message = json::find(event, "message");
    s.message_id = text_at(message, "id");
    s.open = true;
    s.tool_blocks.clear();
    if (parent.empty()) {
      model = text_at(message, "model");
      counts = {};
      counts.take(json::find(message, "usage"));
      used = counts.total();
      show_usage(out);
    }
  } else if (type == "content_block_start") {
    take_block_start(s, parent, *event, out);
  } else if (type == "content_block_delta") {
    take_delta(s, parent, *event, out);
  } else if (type == "message_delta" && parent.empty()) {
    counts.take(json::find(event, "usage"));
    used = counts.total();
    show_usage(out);
  } else if (type == "message_stop") {
    s.open = false;
    // The main agent's id is needed for the frame that repeats its text.
    if (!parent.empty())
      streams.erase(parent);
  }
}

void conversion::state::take_block_start(stream& s, std::string_view parent,
                                         const Value& event, lines& out) {
  const auto* block = json::find(&event, "content_block");
  const auto type = text_at(block, "type");
  if (type == "text") {
    if (parent.empty())
      begins_text = true;
    say(out, parent, text_at(block, "text"));
  } else if (type == "thinking") {
    think(out, parent, text_at(block, "thinking"));
  } else if (is_tool_call(type)) {
    const auto id = text_at(block, "id");
    const auto* index = json::find(&event, "index");
    if (index != nullptr && index->IsInt64())
      s.tool_blocks[index->GetInt64()] = id;
    update(out, calls.start(id, text_at(block, "name"), parent));
  }
}

void conversion::state::take_delta(stream& s, std::string_view parent,
                                   const Value& event, lines& out) {
  const auto* delta = json::find(&event, "delta");
  const auto type = text_at(delta, "type");
  if (type == "text_delta") {
    say(out, parent, text_at(delta, "text"));
  } else if (type == "thinking_delta") {
    think(out, parent, text_at(delta, "thinking"));
  } else if (type == "input_json_delta") {
    const auto* index = json::find(&event, "index");
    if (index == nullptr || !index->IsInt64())
      return;
    if (const auto found = s.tool_blocks.find(index->GetInt64());
        found != s.tool_blocks.end())
      update(out,
             calls.add_input(found->second, text_at(delta, "partial_json")));
  }
}

void conversion::state::take_assistant(const frame& f, lines& out) {
  const auto* message = member(f, {"message"});
  const auto* content = json::find(message, "content");
  if (content == nullptr || !content->IsArray())
    return;
  const bool is_synthetic = text_at(message, "model") == synthetic_model;
  // A failed request shows as the turn's error; a refusal ends it well.
  if (is_synthetic && member(f, {"error"}) != nullptr
      && text_at(message, "stop_reason") != "refusal")
    return;
  const auto parent = text_member(f, {"parent_tool_use_id"});
  const auto streamed = streams.find(parent);
  const bool was_streamed =
    streamed != streams.end()
    && streamed->second.message_id == text_at(message, "id");
  for (const auto& block : content->GetArray()) {
    const auto type = text_at(&block, "type");
    if (type == "text" && !was_streamed) {
      begins_text = begins_text || parent.empty();
      say(out, parent, text_at(&block, "text"));
    } else if (type == "thinking" && !was_streamed) {
      think(out, parent, text_at(&block, "thinking"));
    } else if (is_tool_call(type)) {
      const auto* input = json::find(&block, "input");
      const Value none{rapidjson::kObjectType};
      update(out, calls.complete(text_at(&block, "id"), text_at(&block, "name"),
                                 parent, input == nullptr ? none : *input));
    } else if (is_tool_result(type)) {
      update(out, calls.finish(block, nullptr));
    }
  }
  if (was_streamed || is_synthetic || !parent.empty())
    return;
  if (streamed != streams.end())
    streamed->second.open = false; // asked for again without streaming
  model = text_at(message, "model");
  counts = {};
  counts.take(json::find(message, "usage"));
  used = counts.total();
  show_usage(out);
}

// Its text is the person's own, a replay, or meant for the model.
void conversion::state::take_user(const frame& f, lines& out) {
  const auto* content = member(f, {"message", "content"});
  if (content == nullptr || !content->IsArray()
      || is_true(member(f, {"isReplay"})))
    return;
  for (const auto& block : content->GetArray())
    if (is_tool_result(text_at(&block, "type")))
      update(out, calls.finish(block, member(f, {"tool_use_result"})));
}

void conversion::state::take_system(const frame& f, lines& out) {
  if (f.subtype == "compact_boundary") {
    used = 0;
    show_usage(out);
    const auto* found = member(f, {"compact_metadata"});
    const auto* tokens = json::find(found, "pre_tokens");
    json::writer params;
    params.open_object()
      .text("sessionId", session_id)
      .text("trigger", text_at(found, "trigger"))
      .number("preTokens",
              tokens != nullptr && tokens->IsInt64() ? tokens->GetInt64() : 0)
      .number("contextSize", context_window)
      .close_object();
    extension(out, "_posthog/compact_boundary", params.take());
  } else if (f.subtype == "status") {
    if (text_member(f, {"status"}) != "compacting")
      return;
    json::writer params;
    params.open_object()
      .text("sessionId", session_id)
      .text("status", "compacting")
      .close_object();
    extension(out, "_posthog/status", params.take());
  } else if (f.subtype == "task_notification") {
    json::writer params;
    params.open_object()
      .text("sessionId", session_id)
      .text("taskId", text_member(f, {"task_id"}))
      .text("status", text_member(f, {"status"}))
      .text("summary", text_member(f, {"summary"}))
      .text("outputFile", text_member(f, {"output_file"}))
      .close_object();
    extension(out, "_posthog/task_notification", params.take());
  }
}

void conversion::state::take_result(const frame& f, lines& out) {
  for (const auto& object : calls.abandon())
    update(out, object);
  // A slash command that the CLI runs by itself may answer here alone.
  if (!has_spoken && f.subtype == "success" && !is_true(member(f, {"is_error"}))
      && member(f, {"structured_output"}) == nullptr) {
    begins_text = true;
    say(out, {}, text_member(f, {"result"}));
  }
  has_spoken = false;
  begins_text = true;
  const auto main = streams.find("");
  was_cut_short =
    main != streams.end() && std::exchange(main->second.open, false);
  context_window = std::max(
    context_window, context_window_of(member(f, {"modelUsage"}), model));
  const auto* cost = member(f, {"total_cost_usd"});
  const auto amount =
    cost != nullptr && cost->IsNumber() ? json::dump(*cost) : std::string{};
  show_usage(out, amount);
  token_counts turn;
  turn.take(member(f, {"usage"}));
  json::writer params;
  params.open_object()
    .text("sessionId", session_id)
    .raw("used", to_json(turn, false))
    .raw("cost", amount.empty() ? "null" : amount)
    .close_object();
  extension(out, "_posthog/usage_update", params.take());
}

conversion::conversion(std::string session_id, std::string cwd,
                       std::int64_t context_window)
  : state_(std::make_unique<state>(std::move(session_id), std::move(cwd),
                                   context_window)) {}

conversion::~conversion() = default;
conversion::conversion(conversion&&) noexcept = default;
conversion& conversion::operator=(conversion&&) noexcept = default;

void conversion::take(const frame& f, std::vector<acp_line>& out) {
  switch (f.kind) {
    case frame_kind::stream_event: state_->take_event(f, out); break;
    case frame_kind::assistant: state_->take_assistant(f, out); break;
    case frame_kind::user: state_->take_user(f, out); break;
    case frame_kind::system: state_->take_system(f, out); break;
    case frame_kind::result: state_->take_result(f, out); break;
    default: break;
  }
}

void conversion::take_hook(const frame& hook, std::vector<acp_line>& out) {
  const auto called = read_hook_call(hook);
  const auto* input = member(hook, {"request", "input"});
  if (called.event == "PostToolUse" && !called.tool_use_id.empty())
    state_->update(out, state_->calls.respond(called.tool_use_id, *input));
}

void conversion::take_denial(std::string_view tool_use_id,
                             std::string_view text,
                             std::vector<acp_line>& out) {
  state_->update(out, state_->calls.refuse(tool_use_id, text));
}

void conversion::break_off(std::vector<acp_line>& out) {
  for (const auto& object : state_->calls.abandon())
    state_->update(out, object);
  state_->streams.clear();
  state_->has_spoken = false;
  begin_turn();
}

void conversion::begin_turn() {
  state_->texts.clear();
  state_->begins_text = true;
}

std::vector<std::string> conversion::take_turn_texts() {
  state_->begins_text = true;
  return std::exchange(state_->texts, {});
}

bool conversion::cut_short() const {
  return state_->was_cut_short;
}

void conversion::set_context_window(std::int64_t tokens) {
  state_->context_window = tokens;
}

} // namespace agent_server::claude
