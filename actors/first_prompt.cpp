#include "actors/first_prompt.hpp"

#include "messages/wire/cloud_prompt.hpp"

namespace agent_server {

bool needs_description(const task_run& run) {
  return choose_first_prompt(run, std::nullopt).blocks.empty();
}

first_prompt choose_first_prompt(const task_run& run,
                                 const std::optional<task>& fetched_task) {
  first_prompt chosen;
  if (!run.pending_artifact_ids.empty())
    chosen.refusals.emplace_back(
      "the pending message has "
      + std::to_string(run.pending_artifact_ids.size())
      + " attachments; this version does not deliver attachments, only the "
        "text");
  if (run.pending_user_message) {
    const auto& message = *run.pending_user_message;
    const bool is_blocks = !message.empty() && message.front() == '[';
    chosen.blocks = is_blocks ? message : decode_cloud_prompt(message);
  }
  if (chosen.blocks.empty() && run.initial_prompt_override)
    chosen.blocks = decode_cloud_prompt(*run.initial_prompt_override);
  if (chosen.blocks.empty() && fetched_task)
    chosen.blocks = decode_cloud_prompt(fetched_task->description);
  chosen.consumed_keys = run.pending_keys;
  return chosen;
}

} // namespace agent_server
