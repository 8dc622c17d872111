#pragma once

#include "messages/config.hpp"

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agent_server {

/// How one call of git differs from the usual.
struct git_options {
  std::string input = {};
  std::string input_file = {};
  /// Further variables, e.g. GIT_INDEX_FILE.
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::chrono::milliseconds limit{30'000};
  std::size_t max_output = 64u << 20;
};

/// git, run in one directory, without a shell, hooks or questions at a
/// terminal. Every call blocks.
class git {
public:
  using clock = std::chrono::steady_clock;

  git(std::string program, std::vector<std::string> environment,
      std::string directory);

  /// A call ends at this time at the latest.
  void give_up_at(clock::time_point when) { give_up_at_ = when; }
  void work_in(std::string directory) { directory_ = std::move(directory); }
  const std::string& directory() const { return directory_; }

  /// What it prints, without the last newline. Error: `ec::workspace_failed`,
  /// with git's own words and no credentials.
  caf::expected<std::string> run(std::vector<std::string> arguments,
                                 git_options options = {}) const;

  /// The same for questions that may have no answer.
  std::optional<std::string> ask(std::vector<std::string> arguments,
                                 git_options options = {}) const;

  bool succeeds(std::vector<std::string> arguments) const;

private:
  std::string program_;
  std::vector<std::string> environment_;
  std::string directory_;
  clock::time_point give_up_at_ = clock::time_point::max();
};

/// What git gets of our environment: no secret that it has no use for, and
/// nothing that points it at another repository.
std::vector<std::string> git_environment(
  const std::vector<std::pair<std::string, std::string>>& inherited);

/// Where a working tree's parts are; absolute paths.
struct repository_places {
  std::string top;
  std::string git_directory;
  /// The same for all working trees of the repository.
  std::string common_directory;
};

/// Error: `ec::workspace_failed`; nothing when the directory is in no
/// repository.
caf::expected<std::optional<repository_places>> find_repository(const git& g);

/// The parts of `text` between NULs.
std::vector<std::string_view> split_at_nul(std::string_view text);

/// Whether the text can be the name of an object.
bool is_object_name(std::string_view text);

/// Whether git says that the object is there.
bool has_object(const git& g, std::string_view name, std::string_view type);

} // namespace agent_server
