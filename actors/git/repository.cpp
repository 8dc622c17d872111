#include "actors/git/repository.hpp"

#include "actors/git/capture.hpp"
#include "actors/git/restore.hpp"
#include "messages/error.hpp"
#include "messages/identity.hpp"

#include <utility>

namespace agent_server {

git repository_state::limited(std::chrono::milliseconds limit) const {
  auto g = *tool;
  g.give_up_at(git::clock::now() + limit);
  return g;
}

branch_read repository_state::branch() const {
  return {tool->ask({"symbolic-ref", "--short", "-q", "HEAD"}).value_or("")};
}

caf::result<repository_captured>
repository_state::capture(const capture_repository& m) const {
  auto g = limited(m.limit);
  const auto places = find_repository(g);
  if (!places)
    return places.error();
  if (!*places)
    return repository_captured{};
  const auto span = trace::begin_span("capture checkpoint");
  auto captured =
    capture_checkpoint(std::move(g), **places, m.local, random_uuid());
  const trace::scope scope{trace::end_span(
    span, captured ? trace::outcome::ok : trace::outcome::error)};
  auto promise = self->make_response_promise<repository_captured>();
  if (captured)
    promise.deliver(std::move(*captured));
  else
    promise.deliver(captured.error());
  return promise;
}

caf::result<checkpoint_applied>
repository_state::apply(const apply_checkpoint& m) const {
  auto g = limited(restore_limit);
  const auto places = find_repository(g);
  if (!places)
    return places.error();
  if (!*places)
    return make_failure(ec::workspace_failed,
                        g.directory() + " is in no git repository");
  const auto span = trace::begin_span("restore checkpoint");
  auto problem = restore_repository(
    std::move(g), **places, m.checkpoint, m.pack_file, m.index_file,
    [this](std::string text) { log->warn("restore: " + std::move(text)); });
  const trace::scope scope{trace::end_span(span, problem ? trace::outcome::error
                                                         : trace::outcome::ok)};
  auto promise = self->make_response_promise<checkpoint_applied>();
  if (problem)
    promise.deliver(std::move(problem));
  else
    promise.deliver(checkpoint_applied{});
  return promise;
}

repository_actor::behavior_type repository(repository_self* self, git tool,
                                           logger log) {
  self->state.self = self;
  self->state.tool.emplace(std::move(tool));
  self->state.log = std::move(log);
  return {
    [self](const read_branch&) { return self->state.branch(); },
    [self](const capture_repository& m) { return self->state.capture(m); },
    [self](const apply_checkpoint& m) { return self->state.apply(m); },
  };
}

} // namespace agent_server
