#pragma once

#include "messages/wire/claude/frame.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace agent_server::claude {

/// The control requests of ours that the CLI has not answered, by request id.
class control_calls {
public:
  /// Called once: with the CLI's answer, or with an error text when the CLI
  /// refused, took too long, or is gone.
  using continuation = std::function<void(const frame& answer)>;

  struct opened {
    std::uint32_t number = 0;
    std::string id;
  };

  /// Opens a call; its id is unique for the life of this object, so that the
  /// answers of a process that was replaced match nothing. `span` (0: none)
  /// ends with it.
  opened open(std::uint64_t span, continuation next);

  /// Ends the call that a control_response answers. False when it is not ours:
  /// the CLI echoes our own answers too.
  bool take(const frame& response);

  /// Ends one call (if it is still open), or all of them, with an error text.
  void fail(std::uint32_t number, const std::string& why);
  void fail_all(const std::string& why);

private:
  struct call {
    std::uint64_t span = 0;
    continuation next;
  };

  std::uint32_t count_ = 0;
  std::map<std::string, call> open_;
};

} // namespace agent_server::claude
