#pragma once

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <cstddef>
#include <utility>

namespace agent_server {

/// Runs actors on the thread of an `io_context`. Outlives the actors hosted on
/// it; the context must be polled once more after the last of them ended.
class io_unit : public caf::execution_unit {
public:
  io_unit(caf::actor_system& system, asio::io_context& io)
    : caf::execution_unit(&system), io_(io), pool_(system) {}

  asio::io_context& io() { return io_; }

  /// Safe to call from any thread.
  void exec_later(caf::resumable* job) override {
    asio::post(io_, [this, job] { run(job); });
  }

private:
  static constexpr std::size_t max_messages_a_turn = 64;

  // CAF runs the receiver of a message on its sender's unit. What a hosted
  // actor wakes must not end up on the I/O thread, so this is its unit.
  class pool_unit : public caf::execution_unit {
  public:
    explicit pool_unit(caf::actor_system& system)
      : caf::execution_unit(&system) {}

    void exec_later(caf::resumable* job) override {
      system().scheduler().enqueue(job);
    }
  };

  void run(caf::resumable* job) {
    switch (job->resume(&pool_, max_messages_a_turn)) {
      case caf::resumable::resume_later: exec_later(job); break;
      default: caf::intrusive_ptr_release(job);
    }
  }

  asio::io_context& io_;
  pool_unit pool_;
};

/// Stands between an actor and its base and keeps all of its handlers on the
/// thread of the `io_unit` it was spawned with.
template <class Base>
class hosted : public Base {
public:
  explicit hosted(caf::actor_config& cfg)
    : Base(cfg), unit_(static_cast<io_unit*>(cfg.host)) {}

  /// Where this actor's handlers run and its sockets live.
  asio::io_context& io() { return unit_->io(); }

  void launch(caf::execution_unit*, bool lazy, bool hide) override {
    Base::launch(unit_, lazy, hide);
  }

  void enqueue(caf::mailbox_element_ptr element,
               caf::execution_unit*) override {
    Base::enqueue(std::move(element), unit_);
  }

private:
  io_unit* unit_;
};

/// Spawns a function-based actor on the thread of `unit`. Its self pointer must
/// be built on `hosted`.
template <class F, class... Ts>
auto spawn_hosted(io_unit& unit, F fun, Ts&&... xs) {
  caf::actor_config cfg{&unit};
  return unit.system().spawn_functor(std::true_type{}, cfg, fun,
                                     std::forward<Ts>(xs)...);
}

} // namespace agent_server
