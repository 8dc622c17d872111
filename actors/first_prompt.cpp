#include "actors/first_prompt.hpp"

#include "actors/attachments.hpp"
#include "actors/resume_prompt.hpp"
#include "messages/wire/cloud_prompt.hpp"
#include "messages/wire/content_blocks.hpp"

#include <algorithm>
#include <utility>

namespace agent_server {

namespace {

std::vector<attachment> pending_attachments(const task_run& run,
                                            first_prompt& chosen) {
  std::vector<attachment> found;
  for (const auto& id : run.pending_artifact_ids) {
    const auto known =
      std::find_if(run.artifacts.begin(), run.artifacts.end(),
                   [&](const attachment& each) { return each.id == id; });
    if (known == run.artifacts.end())
      chosen.refusals.push_back("the pending message's attachment " + id
                                + " is no artifact of the run: it is left out");
    else
      found.push_back(*known);
  }
  return fetchable(found, chosen.refusals);
}

first_prompt pending_prompt(const task_run& run) {
  first_prompt chosen;
  if (run.pending_user_message)
    chosen.blocks = decode_cloud_prompt(*run.pending_user_message);
  chosen.attachments = pending_attachments(run, chosen);
  chosen.is_pending_message = !chosen.empty();
  chosen.consumed_keys = run.pending_keys;
  return chosen;
}

} // namespace

bool needs_description(const task_run& run) {
  return choose_first_prompt(run, std::nullopt).empty();
}

first_prompt choose_first_prompt(const task_run& run,
                                 const std::optional<task>& fetched_task) {
  auto chosen = pending_prompt(run);
  if (chosen.empty() && run.initial_prompt_override)
    chosen.blocks = decode_cloud_prompt(*run.initial_prompt_override);
  if (chosen.empty() && fetched_task)
    chosen.blocks = decode_cloud_prompt(fetched_task->description);
  return chosen;
}

first_prompt choose_resume_prompt(const task_run& run,
                                  const std::string& history, bool restored) {
  auto chosen = pending_prompt(run);
  auto frame = make_resume_prompt(history, restored, chosen.is_pending_message);
  chosen.blocks = joined_blocks({frame.before, chosen.blocks});
  chosen.closing = std::move(frame.after);
  return chosen;
}

} // namespace agent_server
