#include "messages/wire/notifications.hpp"

#include "messages/wire/json_writer.hpp"

#include <utility>

namespace agent_server {

namespace {

/// Writes `value` as `width` digits ending before `end`.
void put_digits(char* end, unsigned value, int width) {
  while (width-- > 0) {
    *--end = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

/// Opens a notification up to the members of its params.
json::writer notification(std::string_view method, std::size_t size = 256) {
  json::writer out{size};
  out.open_object()
    .text("jsonrpc", "2.0")
    .text("method", method)
    .key("params")
    .open_object();
  return out;
}

std::string finished(json::writer& out) {
  return out.close_object().close_object().take();
}

void append_entry(std::string& out, const journal_entry& entry) {
  out += R"({"type":"notification","timestamp":")";
  out += iso_timestamp(entry.at);
  out += R"(","notification":)";
  out += *entry.notification;
  out += '}';
}

} // namespace

std::string iso_timestamp(std::chrono::system_clock::time_point at) {
  using namespace std::chrono;
  const auto whole = floor<milliseconds>(at);
  const auto day = floor<days>(whole);
  const year_month_day date{day};
  const auto of_day = static_cast<unsigned>((whole - day).count());
  std::string text = "0000-00-00T00:00:00.000Z";
  auto* out = text.data();
  put_digits(out + 4, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put_digits(out + 7, static_cast<unsigned>(date.month()), 2);
  put_digits(out + 10, static_cast<unsigned>(date.day()), 2);
  put_digits(out + 13, of_day / 3'600'000, 2);
  put_digits(out + 16, of_day / 60'000 % 60, 2);
  put_digits(out + 19, of_day / 1'000 % 60, 2);
  put_digits(out + 23, of_day % 1'000, 3);
  return text;
}

std::string run_started(std::string_view session_id, std::string_view run_id,
                        std::string_view task_id, std::string_view version) {
  auto out = notification("_posthog/run_started");
  out.text("sessionId", session_id)
    .text("runId", run_id)
    .text("taskId", task_id)
    .text("agentVersion", version);
  return finished(out);
}

std::string turn_complete(std::string_view session_id,
                          std::string_view stop_reason) {
  auto out = notification("_posthog/turn_complete");
  out.text("sessionId", session_id).text("stopReason", stop_reason);
  return finished(out);
}

std::string sdk_session(std::string_view task_run_id,
                        std::string_view session_id, std::string_view adapter) {
  auto out = notification("_posthog/sdk_session");
  out.text("taskRunId", task_run_id)
    .text("sessionId", session_id)
    .text("adapter", adapter);
  return finished(out);
}

std::string config_option_update(std::string_view session_id,
                                 std::string_view options) {
  auto out = notification("session/update", options.size() + 256);
  out.text("sessionId", session_id)
    .key("update")
    .open_object()
    .text("sessionUpdate", "config_option_update")
    .raw("configOptions", options)
    .close_object();
  return finished(out);
}

std::string current_mode_update(std::string_view session_id,
                                std::string_view mode) {
  auto out = notification("session/update");
  out.text("sessionId", session_id)
    .key("update")
    .open_object()
    .text("sessionUpdate", "current_mode_update")
    .text("currentModeId", mode)
    .close_object();
  return finished(out);
}

std::string agent_message(std::string_view text) {
  auto out = notification("session/update", text.size() + 256);
  out.key("update")
    .open_object()
    .text("sessionUpdate", "agent_message")
    .key("content")
    .open_object()
    .text("type", "text")
    .text("text", text)
    .close_object()
    .close_object();
  return finished(out);
}

std::string console(std::string_view level, std::string_view message) {
  auto out = notification("_posthog/console", message.size() + 128);
  out.text("level", level).text("message", message);
  return finished(out);
}

std::string log_entry(const journal_entry& entry) {
  std::string out;
  out.reserve(entry.notification->size() + 96);
  append_entry(out, entry);
  return out;
}

std::string redelivered(std::string_view log_entry) {
  static constexpr std::string_view mark = R"(,"redelivered":true})";
  std::string out{log_entry};
  if (out.size() > mark.size()
      && out.compare(out.size() - mark.size(), mark.size(), mark) != 0)
    out.replace(out.size() - 1, 1, mark);
  return out;
}

std::string event_frame(const journal_entry& entry) {
  std::string out;
  out.reserve(entry.notification->size() + 96);
  out += "data: ";
  append_entry(out, entry);
  out += "\n\n";
  return out;
}

std::string connected_frame(std::string_view run_id) {
  return "data: "
         + json::writer{}
             .open_object()
             .text("type", "connected")
             .text("run_id", run_id)
             .close_object()
             .take()
         + "\n\n";
}

journal_entry make_entry(std::string notification) {
  return {std::chrono::system_clock::now(),
          std::make_shared<const std::string>(std::move(notification)),
          journal_kind::other,
          {}};
}

} // namespace agent_server
