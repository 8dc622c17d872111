#pragma once

#include <span>
#include <string_view>

/// What each permission mode lets run without a question.
namespace agent_server::claude {

inline constexpr std::string_view plan_mode = "plan";
inline constexpr std::string_view bypass_mode = "bypassPermissions";

/// Tools that run unasked in every mode: they change nothing outside the
/// session.
bool is_reading_tool(std::string_view name);

bool is_writing_tool(std::string_view name);

/// What a mode allows beyond the tools that read.
struct mode_grant {
  std::string_view mode;
  bool writing = false;
  bool everything = false;
  /// It answers for destructive sub-tools of `exec`.
  bool destruction = false;
  /// How the approval of a plan offers the mode.
  std::string_view plan_label;
  std::string_view plan_label_if_before;
  std::string_view option_kind;
};

/// In the order in which the approval of a plan offers them. Plan mode is none
/// of them: it grants nothing.
std::span<const mode_grant> mode_grants();

/// nullptr for plan mode and for modes that are not known here.
const mode_grant* grant_of(std::string_view mode);

} // namespace agent_server::claude
