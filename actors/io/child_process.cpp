#include "actors/io/child_process.hpp"

#include "actors/io/process_tree.hpp"
#include "actors/trace/recorder.hpp"
#include "messages/error.hpp"

#include <asio/steady_timer.hpp>
#include <csignal>
#include <utility>

namespace agent_server {

namespace {

// How long the end of a killed process may hold up the end of the actor.
constexpr std::chrono::milliseconds killed_limit{200};

} // namespace

child_process_state::~child_process_state() {
  shut_down();
}

void child_process_state::name_owner(const process_owner_actor& named) {
  owner = named;
  if (untold) {
    tell_gone(*std::exchange(untold, std::nullopt));
  } else if (child && !ending) {
    listen();
  }
}

void child_process_state::start(const start_process& m) {
  drop();
  generation = m.generation;
  untold.reset();
  const auto span = trace::begin_span("spawn agent");
  const auto started = spawn_child(m.plan);
  trace::end_span(span, started ? trace::outcome::ok : trace::outcome::error);
  if (started) {
    adopt(*started);
    if (owner)
      listen();
    return;
  }
  process_gone news;
  news.how = describe(started.error());
  news.not_started = true;
  tell_gone(std::move(news));
}

void child_process_state::write(const write_line& m) {
  if (child && m.generation == generation)
    child->write(m.line);
}

caf::result<process_stopped> child_process_state::stop(const stop_process& m) {
  if (!child)
    return process_stopped{};
  auto promise = self->make_response_promise<process_stopped>();
  stopping.push_back(promise);
  child->end_input();
  if (ending)
    ending->hurry(m.grace);
  else if (m.patience.count() > 0)
    end_group_later(m);
  else
    end_group(m.grace);
  return promise;
}

void child_process_state::adopt(const spawned_child& started) {
  guard.watch(started.pid);
  child = std::make_shared<running_child>(self->io(), started);
  child->start();
}

void child_process_state::listen() {
  child->listen({
    [this](std::shared_ptr<const std::string> line) {
      self->send(*owner, process_line{generation, std::move(line)});
    },
    [this](std::string how, bool misbehaved) {
      gone(std::move(how), misbehaved);
    },
  });
}

void child_process_state::gone(std::string how, bool misbehaved) {
  // Whoever asked for the end hears of it by the answer.
  if (ending)
    return;
  process_gone news;
  news.how = std::move(how);
  news.stderr_tail = child->stderr_tail();
  news.misbehaved = misbehaved;
  tell_gone(std::move(news));
  end_group(misbehaved ? std::chrono::milliseconds{0} : descendant_grace);
}

void child_process_state::tell_gone(process_gone news) {
  news.generation = generation;
  if (owner)
    self->send(*owner, std::move(news));
  else
    untold = std::move(news);
}

void child_process_state::end_group_later(const stop_process& m) {
  auto timer = std::make_shared<asio::steady_timer>(self->io(), m.patience);
  timer->async_wait([this, timer, grace = m.grace,
                     still = std::weak_ptr<running_child>{child},
                     cause = trace::current_cause()](const asio::error_code&) {
    // Its own end, or that of this actor, may have come first.
    if (still.expired() || ending)
      return;
    trace::scope scope{cause};
    end_group(grace);
  });
}

void child_process_state::end_group(std::chrono::milliseconds grace) {
  ending = std::make_shared<group_end>(self->io(), child->pid(), marker,
                                       [this] { ended(); });
  ending->begin(grace);
}

void child_process_state::ended() {
  ending.reset();
  child->let_go();
  // Orphans that died before anyone here listened for them.
  reap_orphans();
  guard.forget(child->pid());
  child->ended();
  child.reset();
  for (auto& promise : std::exchange(stopping, {}))
    promise.deliver(process_stopped{});
}

void child_process_state::drop() {
  if (!child)
    return;
  if (ending)
    std::exchange(ending, nullptr)->cancel();
  child->let_go();
  kill_processes_of({child->pid()}, marker);
  guard.forget(child->pid());
  child.reset();
  for (auto& promise : std::exchange(stopping, {}))
    promise.deliver(process_stopped{});
}

void child_process_state::shut_down() {
  const auto last = child;
  drop();
  if (last)
    last->wait_for_end(killed_limit);
  if (reaper)
    std::exchange(reaper, nullptr)->stop();
}

child_process_actor::behavior_type
child_process(child_process_self* self, std::optional<spawned_child> first,
              guard_link guard, std::string marker) {
  auto& state = self->state;
  state.self = self;
  state.guard = std::move(guard);
  state.marker = std::move(marker);
  // A pipe that nobody reads fails the write; it must not end this process.
  std::signal(SIGPIPE, SIG_IGN);
  state.reaper = std::make_shared<orphan_reaper>(self->io());
  state.reaper->start();
  if (first)
    state.adopt(*first);
  self->set_exit_handler([self](caf::exit_msg& m) {
    self->state.shut_down();
    self->quit(std::move(m.reason));
  });
  return {
    [self](const process_owner_actor& owner) { self->state.name_owner(owner); },
    [self](const start_process& m) { self->state.start(m); },
    [self](const write_line& m) { self->state.write(m); },
    [self](const stop_process& m) { return self->state.stop(m); },
  };
}

} // namespace agent_server
