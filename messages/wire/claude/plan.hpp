#pragma once

#include <rapidjson/document.h>

#include <string>
#include <string_view>
#include <vector>

namespace agent_server::claude {

/// The agent's plan, as its tools keep it: TodoWrite states it whole, the Task
/// tools of newer CLIs change it entry by entry.
class plan {
public:
  /// Whether a tool keeps the plan; such a call is shown as a plan only.
  static bool kept_by(std::string_view tool_name);

  /// Takes a call with its structured response (nullptr: none yet); true when
  /// the plan has changed.
  bool take(std::string_view tool_name, const rapidjson::Value* input,
            const rapidjson::Value* response);

  /// JSON array of ACP plan entries.
  std::string entries() const;

private:
  struct entry {
    std::string id; // of a task; empty for a todo
    std::string content;
    std::string status;

    bool operator==(const entry&) const = default;
  };

  bool replace(const rapidjson::Value* list, std::string_view content_key);
  bool create(const rapidjson::Value* input, const rapidjson::Value* task);
  bool update(const rapidjson::Value* input, const rapidjson::Value* response);

  std::vector<entry> entries_;
};

} // namespace agent_server::claude
