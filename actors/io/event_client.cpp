#include "actors/io/event_client.hpp"

#include "messages/wire/stream_frame.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace agent_server {

namespace {

// An SSE comment: clients skip it, people who look at the stream see the gap.
std::string gap_comment(std::uint64_t count) {
  return ": " + std::to_string(count)
         + " earlier events were dropped, nobody listened\n\n";
}

bool is_question(const event_type& type) {
  return type.method == "permission_request";
}

std::shared_ptr<const std::string> shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

} // namespace

event_client::event_client(const attach_client& asked, std::uint64_t next,
                           std::uint64_t live_from)
  : sink_(asked.sink), options_(asked.options), first_(next), next_(next),
    live_from_(live_from) {}

bool event_client::wants(const event_type& type) const {
  const auto& types = options_.types;
  return types.empty()
         || std::any_of(types.begin(), types.end(),
                        [&](const std::string& wanted) {
                          return wanted == type.method || wanted == type.update;
                        });
}

void event_client::give(const stream_frame& frame) {
  // A question from before may have been answered; the open ones are shown.
  const bool stale = !options_.after && !is_live() && is_question(frame.type);
  next_ = frame.seq + 1;
  if (stale || !wants(frame.type))
    return;
  if (options_.ids)
    sink_->write(frame.id, 0);
  sink_->write(frame.data, frame.seq);
}

void event_client::show(const stream_frame& question) {
  // Not numbered yet, or on its way: it comes by itself.
  if (question.seq == 0 || question.seq >= live_from_)
    return;
  const bool given = options_.after && question.seq >= first_;
  if (!given && wants({"permission_request", {}}))
    sink_->write(question.data, 0);
}

void event_client::miss(std::uint64_t until) {
  if (until <= next_)
    return;
  const auto from = std::exchange(next_, until);
  if (options_.ids) {
    sink_->write(shared(gap_frame(from, until - 1)), 0);
  } else if (from < live_from_) {
    sink_->write(shared(gap_comment(until - from)), 0);
  } else {
    gone = true;
    sink_->cut();
  }
}

void event_client::tell_unknown_id() {
  sink_->write(shared(unknown_id_frame()), 0);
}

} // namespace agent_server
