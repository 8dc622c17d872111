#pragma once

#include "messages/actors.hpp"

#include <caf/send.hpp>
#include <string>
#include <utility>

namespace agent_server {

/// Appends to the server's log from any thread. Texts never carry a secret.
class logger {
public:
  explicit logger(disk_actor to) : to_(std::move(to)) {}

  void debug(std::string text) const { put(log_level::debug, std::move(text)); }
  void info(std::string text) const { put(log_level::info, std::move(text)); }
  void warn(std::string text) const { put(log_level::warn, std::move(text)); }
  void error(std::string text) const { put(log_level::error, std::move(text)); }

  /// A line that callers look for from its start.
  void bare(std::string text) const {
    caf::anon_send(to_, log_line{log_level::error, std::move(text), true});
  }

private:
  void put(log_level level, std::string text) const {
    caf::anon_send(to_, log_line{level, std::move(text), false});
  }

  disk_actor to_;
};

} // namespace agent_server
