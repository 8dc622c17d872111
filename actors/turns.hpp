#pragma once

#include "messages/command.hpp"

#include <caf/typed_response_promise.hpp>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace agent_server {

/// How many prompts may wait for the one that runs.
constexpr std::size_t max_waiting_prompts = 256;

/// A prompt on its way through the agent.
struct turn {
  std::string blocks;
  /// Files that are to be fetched before it is sent, and the blocks that stand
  /// behind them.
  std::vector<attachment> attachments;
  std::string closing;
  /// The caller, when there is one.
  caf::typed_response_promise<user_message_done> caller;
  /// The session's own first prompt.
  bool first = false;
  /// It goes on from an earlier run.
  bool resumes = false;
  /// Keys of the run's state to remove when it has ended well.
  std::vector<std::string> consumed_keys;
};

/// Prompts in the order they came; one runs at a time.
class turns {
public:
  /// False when too many wait already.
  bool push(turn next) {
    if (waiting_.size() >= max_waiting_prompts)
      return false;
    waiting_.push_back(std::move(next));
    return true;
  }

  /// Goes before all that wait.
  void push_front(turn next) { waiting_.push_front(std::move(next)); }

  bool running() const { return running_.has_value(); }
  /// The running one; there is one.
  const turn& current() const { return *running_; }

  /// Makes the oldest the running one; nullptr when none waits or one runs.
  const turn* begin_next() {
    if (running_ || waiting_.empty())
      return nullptr;
    running_ = std::move(waiting_.front());
    waiting_.pop_front();
    return &*running_;
  }

  /// Ends the running one and hands it over.
  turn end() {
    auto done = std::move(*running_);
    running_.reset();
    return done;
  }

  /// Takes out all that wait.
  std::deque<turn> drop_waiting() { return std::exchange(waiting_, {}); }

private:
  std::optional<turn> running_;
  std::deque<turn> waiting_;
};

} // namespace agent_server
