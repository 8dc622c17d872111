#include "messages/wire/claude/frame.hpp"

#include "messages/wire/claude/frame_document.hpp"

#include <array>
#include <cmath>
#include <utility>

namespace agent_server::claude {

namespace {

constexpr std::array<std::pair<std::string_view, frame_kind>, 9> kinds{{
  {"control_response", frame_kind::control_response},
  {"control_request", frame_kind::control_request},
  {"control_cancel_request", frame_kind::control_cancel},
  {"keep_alive", frame_kind::keep_alive},
  {"system", frame_kind::system},
  {"stream_event", frame_kind::stream_event},
  {"assistant", frame_kind::assistant},
  {"user", frame_kind::user},
  {"result", frame_kind::result},
}};

frame_kind kind_of(std::string_view type) {
  for (const auto& [name, kind] : kinds)
    if (name == type)
      return kind;
  return frame_kind::other;
}

void read_response(frame& f) {
  f.request_id = text_member(f, {"response", "request_id"});
  if (text_member(f, {"response", "subtype"}) != "error")
    return;
  f.error = text_member(f, {"response", "error"});
  if (f.error.empty())
    f.error = "the CLI gave no reason";
}

} // namespace

frame parse_frame(std::string_view line) {
  auto document = std::make_shared<frame_document>();
  if (!json::read(document->root, line))
    return {};
  const auto type = json::text_of(json::find(document->root, {"type"}));
  if (type.empty())
    return {};
  frame f;
  f.kind = kind_of(type);
  f.json = std::move(document);
  switch (f.kind) {
    case frame_kind::control_response: read_response(f); break;
    case frame_kind::control_request:
      f.request_id = text_member(f, {"request_id"});
      f.subtype = text_member(f, {"request", "subtype"});
      break;
    case frame_kind::control_cancel:
      f.request_id = text_member(f, {"request_id"});
      break;
    case frame_kind::system:
    case frame_kind::result: f.subtype = text_member(f, {"subtype"}); break;
    default: break;
  }
  return f;
}

turn_start read_turn_start(const frame& system_init) {
  turn_start out;
  out.permission_mode = text_member(system_init, {"permissionMode"});
  out.version = text_member(system_init, {"claude_code_version"});
  return out;
}

std::string read_mode_change(const frame& system) {
  if (system.subtype != "status")
    return {};
  return text_member(system, {"permissionMode"});
}

std::string read_api_retry(const frame& system) {
  if (system.subtype != "api_retry")
    return {};
  auto number = [&](std::string_view key) -> std::string {
    const auto* value = member(system, {key});
    return value != nullptr && value->IsNumber()
             ? std::to_string(std::llround(value->GetDouble()))
             : std::string{};
  };
  std::string out = "attempt " + number("attempt");
  if (const auto most = number("max_retries"); !most.empty())
    out += " of " + most;
  if (const auto delay = number("retry_delay_ms"); !delay.empty())
    out += " in " + delay + " ms";
  if (const auto error = text_member(system, {"error"}); !error.empty())
    out += ", " + error;
  if (const auto status = number("error_status"); !status.empty())
    out += " (HTTP " + status + ")";
  return out;
}

tool_question read_tool_question(const frame& request) {
  tool_question out;
  out.request_id = request.request_id;
  const auto* asked = member(request, {"request"});
  auto text = [&](std::string_view key) {
    return std::string{json::text_of(json::find(asked, key))};
  };
  out.tool_name = text("tool_name");
  out.tool_use_id = text("tool_use_id");
  out.input = object_or(json::find(asked, "input"), "{}");
  out.suggestions = array_or(json::find(asked, "permission_suggestions"), "[]");
  return out;
}

hook_call read_hook_call(const frame& request) {
  hook_call out;
  out.request_id = request.request_id;
  const auto* input = member(request, {"request", "input"});
  out.event = json::text_of(json::find(input, "hook_event_name"));
  out.tool_name = json::text_of(json::find(input, "tool_name"));
  out.tool_use_id = text_member(request, {"request", "tool_use_id"});
  if (out.tool_use_id.empty())
    out.tool_use_id = json::text_of(json::find(input, "tool_use_id"));
  out.input = object_or(json::find(input, "tool_input"), "{}");
  return out;
}

} // namespace agent_server::claude
