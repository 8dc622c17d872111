#include "messages/wire/stream_frame.hpp"

#include "messages/wire/json_writer.hpp"

#include <array>
#include <charconv>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <utility>

namespace agent_server {

namespace {

using rapidjson::SizeType;

constexpr std::string_view data_field = "data: ";
constexpr std::string_view session_update = "session/update";

bool parse_number(std::string_view text, std::uint64_t& into) {
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, into);
  return parsed.ec == std::errc{} && parsed.ptr == end;
}

std::string data_frame(json::writer& event) {
  return std::string{data_field} + event.close_object().take() + "\n\n";
}

/// Follows one path through nested objects, and stops the parser as soon as it
/// has what it looks for.
class type_finder
  : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, type_finder> {
public:
  bool Default() {
    awaited_ = nullptr;
    descends_ = false;
    return true;
  }
  bool StartObject() {
    ++depth_;
    if (std::exchange(descends_, false))
      ++followed_;
    return true;
  }
  bool EndObject(SizeType) { return ascend(); }
  bool StartArray() {
    ++depth_;
    return Default();
  }
  bool EndArray(SizeType) { return ascend(); }

  bool Key(const char* text, SizeType size, bool) {
    Default();
    if (depth_ != followed_)
      return true;
    const std::string_view name{text, size};
    descends_ = followed_ <= path.size() && name == path[followed_ - 1];
    if (followed_ == 1 && name == "type")
      awaited_ = &event_;
    else if (followed_ == 2 && name == "method")
      awaited_ = &found_.method;
    else if (followed_ == 4 && name == "sessionUpdate")
      awaited_ = &found_.update;
    return true;
  }

  bool String(const char* text, SizeType size, bool) {
    if (awaited_ != nullptr)
      awaited_->assign(text, size);
    Default();
    return !knows_enough();
  }

  event_type take() {
    if (!event_.empty() && event_ != "notification")
      return {event_, {}};
    if (found_.method.empty())
      found_.method = "response";
    if (found_.method != session_update)
      found_.update.clear();
    return std::move(found_);
  }

private:
  static constexpr std::array<std::string_view, 3> path{"notification",
                                                        "params", "update"};

  bool ascend() {
    if (depth_-- == followed_)
      --followed_;
    return Default();
  }

  bool knows_enough() const {
    return (!event_.empty() && event_ != "notification")
           || (!found_.method.empty()
               && (found_.method != session_update || !found_.update.empty()));
  }

  std::size_t depth_ = 0;
  std::size_t followed_ = 0; // how many of the open objects are on the path
  bool descends_ = true;     // the next object is on the path
  std::string* awaited_ = nullptr;
  std::string event_;
  event_type found_;
};

} // namespace

std::optional<event_id> parse_event_id(std::string_view text) {
  const auto dot = text.find('.');
  event_id id;
  if (dot == std::string_view::npos
      || !parse_number(text.substr(0, dot), id.epoch)
      || !parse_number(text.substr(dot + 1), id.seq))
    return std::nullopt;
  return id;
}

std::string id_line(const event_id& id) {
  return "id: " + std::to_string(id.epoch) + "." + std::to_string(id.seq)
         + "\n";
}

std::string gap_frame(std::uint64_t from, std::uint64_t to) {
  json::writer event;
  event.open_object()
    .text("type", "gap")
    .text("reason", "evicted")
    .number("from", static_cast<std::int64_t>(from))
    .number("to", static_cast<std::int64_t>(to));
  return data_frame(event);
}

std::string unknown_id_frame() {
  json::writer event;
  event.open_object().text("type", "gap").text("reason", "unknown_id");
  return data_frame(event);
}

event_type type_of(std::string_view frame) {
  if (frame.substr(0, data_field.size()) == data_field)
    frame.remove_prefix(data_field.size());
  rapidjson::MemoryStream stream{frame.data(), frame.size()};
  rapidjson::Reader reader;
  type_finder finder;
  reader
    .Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseStopWhenDoneFlag>(
      stream, finder);
  return finder.take();
}

} // namespace agent_server
