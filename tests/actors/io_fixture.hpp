#pragma once

#include "actors/io/hosted.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"
#include "messages/error.hpp"

#include <asio/io_context.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace agent_server::test {

/// What an actor answered, once it did.
template <class T>
struct reply {
  std::optional<T> value;
  std::optional<caf::error> error;

  bool done() const { return value || error; }
};

struct asker_state {
  static inline const char* name = "asker";
};
using asker = caf::stateful_actor<asker_state, traced<caf::event_based_actor>>;

/// An I/O thread and an actor system that both run on the test's thread, in
/// real time.
class io_fixture {
public:
  io_fixture() : system(configure(config_)), unit(system, io) {}

  ~io_fixture() {
    for (const auto& actor : actors_)
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    actors_.clear();
    io.restart();
    while (io.poll() != 0 || scheduler().try_run_once())
      io.restart();
  }

  io_fixture(const io_fixture&) = delete;
  io_fixture& operator=(const io_fixture&) = delete;

  /// Runs both until `condition` holds; false when it does not in time.
  template <class Condition>
  bool run_until(Condition condition,
                 std::chrono::milliseconds limit = std::chrono::milliseconds{
                   20'000}) {
    using namespace std::chrono_literals;
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end)
        return false;
      io.restart();
      io.run_one_for(2ms);
      while (scheduler().try_run_once()) {
      }
    }
    return true;
  }

  void run_for(std::chrono::milliseconds time) {
    run_until([] { return false; }, time);
  }

  template <class F, class... Ts>
  auto spawn(F fun, Ts&&... xs) {
    auto handle = spawn_hosted(unit, fun, std::forward<Ts>(xs)...);
    actors_.push_back(caf::actor_cast<caf::actor>(handle));
    return handle;
  }

  /// Asks without waiting for the answer.
  template <class Answer, class Handle, class Message>
  std::shared_ptr<reply<Answer>> ask(const Handle& whom, Message message) {
    auto result = std::make_shared<reply<Answer>>();
    system.spawn([=](asker* self) {
      self->request(whom, caf::infinite, message)
        .then([=](const Answer& x) { result->value = x; },
              [=](const caf::error& err) { result->error = err; });
    });
    return result;
  }

private:
  static caf::actor_system_config& configure(caf::actor_system_config& config) {
    config.set("scheduler.policy", caf::atom("testing"));
    return config;
  }

  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  }

  caf::actor_system_config config_;

public:
  caf::actor_system system;
  asio::io_context io;
  io_unit unit;

private:
  std::vector<caf::actor> actors_;
};

/// A directory that is removed with all that is in it.
class scratch_directory {
public:
  scratch_directory() {
    std::string pattern =
      (std::filesystem::temp_directory_path() / "agent-server-XXXXXX");
    path_ = mkdtemp(pattern.data());
  }
  ~scratch_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;

  std::string path() const { return path_; }
  std::string operator/(const std::string& name) const {
    return path_ + "/" + name;
  }

private:
  std::string path_;
};

} // namespace agent_server::test
