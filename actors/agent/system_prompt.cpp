#include "actors/agent/system_prompt.hpp"

namespace agent_server {

namespace {

bool publishes_unasked(const server_config& config) {
  const auto& origin = config.interaction_origin;
  return (origin == "slack" || origin == "signal_report")
         && config.create_pr.value_or(true);
}

std::string existing_pull_request(const std::string& url, bool publish) {
  if (publish)
    return "# Pull request\n\n"
           "This task already has a pull request: "
           + url
           + "\n\n"
             "When your changes are complete:\n"
             "1. Run `gh pr checkout "
           + url
           + "` to be on its branch.\n"
             "2. Commit every change and push to that branch.\n\n"
             "Do not open another branch or another pull request.\n";
  return "# Pull request\n\n"
         "This task already has a pull request: "
         + url
         + "\n\n"
           "Work locally and stop when the changes are ready for review. "
           "Commit, push or update the pull request only when the user asks "
           "for it. Do not open another branch or another pull request.\n";
}

std::string without_repository(const server_config& config) {
  std::string text =
    "# No repository\n\n"
    "This session has no repository. Answer questions about product data with "
    "the PostHog MCP tools, and offer code as snippets in your reply.\n\n";
  if (config.create_pr == false)
    text += "You may clone a repository and edit it when the user asks for "
            "that, but never create a branch, a commit or a pull request, and "
            "never push.\n";
  else
    text += "When the user asks you to change a repository, clone it with `gh "
            "repo clone <owner>/<repo> "
            "/tmp/workspace/repos/<owner>/<repo>` and work there. Open a pull "
            "request, as a draft, only when the user asks for one.\n";
  return text;
}

std::string with_repository(const server_config& config, bool publish) {
  if (!publish)
    return "# Repository\n\n"
           "Make your changes in the working tree and stop there. Create a "
           "branch, a commit or a pull request, or push, only when the user "
           "asks for it.\n";
  const auto base =
    config.base_branch ? " --base " + *config.base_branch : std::string{};
  return "# Repository\n\n"
         "When your changes are complete, publish them without asking:\n"
         "1. Create a branch whose name begins with `posthog-code/`.\n"
         "2. Commit every change and push the branch.\n"
         "3. Open a draft pull request with `gh pr create --draft"
         + base
         + "`. Its description ends with this line:\n\n"
           "*Created with [PostHog Code](https://posthog.com/code?ref=pr)*\n";
}

std::string attribution(const std::string& task_id) {
  return "\n# Attribution\n\n"
         "Leave out `Co-Authored-By` lines and any remark that a tool wrote "
         "the change. End each commit message with these trailers instead:\n\n"
         "Generated-By: PostHog Code\n"
         "Task-Id: "
         + task_id + "\n";
}

std::string run_instructions(const server_config& config,
                             const std::string& pull_request_url) {
  const bool publish = publishes_unasked(config);
  std::string text;
  if (!pull_request_url.empty())
    text = existing_pull_request(pull_request_url, publish);
  else if (!config.repository_path)
    text = without_repository(config);
  else
    text = with_repository(config, publish);
  return text + attribution(config.control_plane.task_id);
}

} // namespace

system_prompt make_system_prompt(const server_config& config,
                                 const std::string& pull_request_url) {
  const auto run = run_instructions(config, pull_request_url);
  if (config.claude_code.system_prompt)
    return {*config.claude_code.system_prompt + "\n\n" + run, false};
  if (config.claude_code.system_prompt_append)
    return {*config.claude_code.system_prompt_append + "\n\n" + run, true};
  return {run, true};
}

std::string pull_request_context(const server_config& config,
                                 const std::string& url) {
  return url.empty() ? std::string{}
                     : existing_pull_request(url, publishes_unasked(config));
}

} // namespace agent_server
