#pragma once

#include <string>
#include <utility>

namespace agent_server {

/// Text that must not reach a log, a trace, argv or an event. It has no stream
/// operator on purpose; whoever needs the text says so with `reveal`.
class secret {
public:
  secret() = default;
  explicit secret(std::string text) : text_(std::move(text)) {}

  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

private:
  std::string text_;
};

} // namespace agent_server
