#include "actors/agent/claude/control_calls.hpp"

#include "actors/trace/recorder.hpp"

namespace agent_server::claude {

namespace {

std::string id_of(std::uint32_t number) {
  return "agent-" + std::to_string(number);
}

} // namespace

control_calls::opened control_calls::open(std::uint64_t span,
                                          continuation next) {
  const auto number = ++count_;
  open_.emplace(id_of(number), call{span, std::move(next)});
  return {number, id_of(number)};
}

bool control_calls::take(const frame& response) {
  const auto found = open_.find(response.request_id);
  if (found == open_.end())
    return false;
  auto done = std::move(found->second);
  open_.erase(found);
  const auto result =
    response.error.empty() ? trace::outcome::ok : trace::outcome::error;
  trace::scope scope{done.span != 0 ? trace::end_span(done.span, result)
                                    : trace::current_cause()};
  done.next(response);
  return true;
}

void control_calls::fail(std::uint32_t number, const std::string& why) {
  frame failed;
  failed.kind = frame_kind::control_response;
  failed.request_id = id_of(number);
  failed.error = why;
  take(failed);
}

void control_calls::fail_all(const std::string& why) {
  // A continuation may open another call, which is not to fail with these.
  frame failed;
  failed.kind = frame_kind::control_response;
  failed.error = why;
  std::vector<std::string> ids;
  for (const auto& each : open_)
    ids.push_back(each.first);
  for (auto& id : ids) {
    failed.request_id = std::move(id);
    take(failed);
  }
}

} // namespace agent_server::claude
