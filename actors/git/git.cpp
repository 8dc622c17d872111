#include "actors/git/git.hpp"

#include "actors/io/program.hpp"
#include "messages/error.hpp"
#include "messages/url.hpp"

#include <algorithm>
#include <array>

namespace agent_server {

namespace {

constexpr std::size_t max_quoted_error = 500;

// No programs are started, no work is done in the background, and memory stays
// bounded, whatever the repository is set to.
constexpr std::array<const char*, 10> settings{
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.splitIndex=false",
  "core.untrackedCache=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "protocol.ext.allow=never",
  "submodule.recurse=false",
  "pack.windowMemory=32m",
  "pack.threads=1",
};

constexpr std::array<std::string_view, 17> dropped_variables{
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_COMMON_DIR",
  "GIT_CONFIG",
  "GIT_DIR",
  "GIT_EXTERNAL_DIFF",
  "GIT_GRAFT_FILE",
  "GIT_IMPLICIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_INDEX_VERSION",
  "GIT_NAMESPACE",
  "GIT_OBJECT_DIRECTORY",
  "GIT_PREFIX",
  "GIT_SHALLOW_FILE",
  "GIT_WORK_TREE",
  "JWT_PUBLIC_KEY",
  "AI_GATEWAY_TOKEN",
  "LLM_GATEWAY_URL",
};

constexpr std::array<std::string_view, 6> dropped_prefixes{
  "POSTHOG_", "ANTHROPIC_", "OPENAI_", "AGENT_SERVER_", "CLAUDE_", "GIT_TRACE",
};

bool is_dropped(std::string_view name) {
  return std::find(dropped_variables.begin(), dropped_variables.end(), name)
           != dropped_variables.end()
         || std::any_of(dropped_prefixes.begin(), dropped_prefixes.end(),
                        [&](std::string_view prefix) {
                          return name.substr(0, prefix.size()) == prefix;
                        });
}

std::string explain(const program_result& result) {
  switch (result.how) {
    case program_result::outcome::too_slow: return "took too long";
    case program_result::outcome::too_much: return "printed too much";
    case program_result::outcome::not_started: return result.error_output;
    case program_result::outcome::ended: break;
  }
  auto text = without_credentials(result.error_output);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  text.resize(std::min(text.size(), max_quoted_error));
  return text.empty() ? "status " + std::to_string(result.status) : text;
}

} // namespace

git::git(std::string program, std::vector<std::string> environment,
         std::string directory)
  : program_(std::move(program)), environment_(std::move(environment)),
    directory_(std::move(directory)) {}

caf::expected<std::string> git::run(std::vector<std::string> arguments,
                                    git_options options) const {
  const auto name = arguments.front();
  if (program_.empty())
    return make_failure(ec::workspace_failed, "there is no git on the PATH");
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
    give_up_at_ - clock::now());
  if (left.count() <= 0)
    return make_failure(ec::workspace_failed,
                        "git " + name + ": there is no time left for it");
  program_call call;
  call.program = program_;
  call.arguments = {"git"};
  for (const auto* setting : settings) {
    call.arguments.emplace_back("-c");
    call.arguments.emplace_back(setting);
  }
  call.arguments.insert(call.arguments.end(), arguments.begin(),
                        arguments.end());
  call.environment = environment_;
  for (const auto& [key, value] : options.environment)
    call.environment.emplace_back(key).append("=").append(value);
  call.directory = directory_;
  call.input = std::move(options.input);
  call.input_file = std::move(options.input_file);
  call.limit = std::min(options.limit, left);
  call.max_output = options.max_output;
  auto result = run_program(call);
  if (!result.ok())
    return make_failure(ec::workspace_failed,
                        "git " + name + " failed: " + explain(result));
  if (!result.output.empty() && result.output.back() == '\n')
    result.output.pop_back();
  return std::move(result.output);
}

std::optional<std::string> git::ask(std::vector<std::string> arguments,
                                    git_options options) const {
  auto answer = run(std::move(arguments), std::move(options));
  if (!answer)
    return std::nullopt;
  return std::move(*answer);
}

bool git::succeeds(std::vector<std::string> arguments) const {
  return run(std::move(arguments)).engaged();
}

std::vector<std::string> git_environment(
  const std::vector<std::pair<std::string, std::string>>& inherited) {
  std::vector<std::string> result;
  for (const auto& [name, value] : inherited)
    if (!is_dropped(name) && name != "LC_ALL" && name != "GIT_TERMINAL_PROMPT")
      result.emplace_back(name).append("=").append(value);
  result.emplace_back("LC_ALL=C");
  result.emplace_back("GIT_TERMINAL_PROMPT=0");
  return result;
}

caf::expected<std::optional<repository_places>> find_repository(const git& g) {
  auto found = g.run({"rev-parse", "--path-format=absolute", "--show-toplevel",
                      "--absolute-git-dir", "--git-common-dir"});
  if (!found) {
    if (describe(found.error()).find("not a git repository")
        != std::string::npos)
      return std::optional<repository_places>{};
    return found.error();
  }
  repository_places places;
  const auto first = found->find('\n');
  const auto second = found->find('\n', first + 1);
  if (first == std::string::npos || second == std::string::npos)
    return make_failure(ec::workspace_failed,
                        "git does not say where its repository is");
  places.top = found->substr(0, first);
  places.git_directory = found->substr(first + 1, second - first - 1);
  places.common_directory = found->substr(second + 1);
  return std::optional{std::move(places)};
}

std::vector<std::string_view> split_at_nul(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find('\0'), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool is_object_name(std::string_view text) {
  return (text.size() == 40 || text.size() == 64)
         && text.find_first_not_of("0123456789abcdef")
              == std::string_view::npos;
}

bool has_object(const git& g, std::string_view name, std::string_view type) {
  return is_object_name(name)
         && g.succeeds({"cat-file", "-e",
                        std::string{name} + "^{" + std::string{type} + "}"});
}

} // namespace agent_server
