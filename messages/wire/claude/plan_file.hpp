#pragma once

#include <string>
#include <string_view>

namespace agent_server::claude {

/// The plan that the agent writes to a file in plan mode, followed through its
/// Write and Edit tool calls: newer CLIs keep it out of ExitPlanMode's input.
class plan_file {
public:
  /// `directory` is where plans lie, without a slash at its end.
  explicit plan_file(std::string directory = {});

  /// Notes a tool call that is about to run; `input` is its JSON object.
  void note(std::string_view tool_name, std::string_view input);

  /// Another plan is to be made.
  void forget() { text_.clear(); }

  const std::string& text() const { return text_; }

private:
  std::string directory_;
  std::string path_;
  std::string text_;
};

} // namespace agent_server::claude
