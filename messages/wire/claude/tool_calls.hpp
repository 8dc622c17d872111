#pragma once

#include "messages/wire/claude/partial_json.hpp"
#include "messages/wire/claude/plan.hpp"

#include <rapidjson/document.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace agent_server::claude {

/// Larger structured responses of tools are left out of a call's update: what
/// they say stands in its output too.
inline constexpr std::size_t max_tool_response = 1u << 20;
/// So many calls may be under way; it is far beyond what an agent does.
inline constexpr std::size_t max_open_calls = 4096;

/// The tool calls that are under way. Each function gives the `update` object
/// of a `session/update`, empty when there is nothing to say.
class tool_calls {
public:
  /// `cwd` shortens paths in titles.
  explicit tool_calls(std::string cwd);

  /// A call begins whose input is still to come. `parent` is the call of the
  /// sub-agent that makes it.
  std::string start(std::string_view id, std::string_view name,
                    std::string_view parent);

  /// The next piece of a call's input. What is shown of it grows by doubling,
  /// so that the updates of one call are no longer than its input twice.
  std::string add_input(std::string_view id, std::string_view piece);

  /// The whole input is there.
  std::string complete(std::string_view id, std::string_view name,
                       std::string_view parent, const rapidjson::Value& input);

  /// A PostToolUse hook's input: the structured response.
  std::string respond(std::string_view id, const rapidjson::Value& hook_input);

  /// A `tool_result` block; `structured` may be nullptr.
  std::string finish(const rapidjson::Value& result,
                     const rapidjson::Value* structured);

  std::string refuse(std::string_view id, std::string_view text) const;

  /// The main agent's turn is over: its calls that have no result will get
  /// none. One update a call.
  std::vector<std::string> abandon();

private:
  struct call {
    std::string name;
    std::string parent;
    bool announced = false;
    /// The command of Bash, the URL of WebFetch.
    std::string subject;
    /// The input of a tool that keeps the plan, until the plan has it.
    std::string plan_input;
    partial_object partial;
    std::size_t shown = 0;
  };

  call& open(std::string_view id, std::string_view name,
             std::string_view parent);
  std::string keep_plan(std::string_view name, const rapidjson::Value* input,
                        const rapidjson::Value* response);

  std::string cwd_;
  std::map<std::string, call, std::less<>> calls_;
  plan plan_;
};

} // namespace agent_server::claude
