#pragma once

#include <caf/expected.hpp>
#include <string>

namespace agent_server {

/// A directory for temporary files within a repository's own, removed with all
/// that is in it.
class scratch {
public:
  /// Makes `<common directory>/posthog-code-tmp/<name>`; what a process that
  /// was killed left there an hour ago is removed. Error:
  /// `ec::workspace_failed`.
  static caf::expected<scratch> make(const std::string& common_directory,
                                     const std::string& name);
  scratch(scratch&& other) noexcept;
  scratch& operator=(scratch&& other) noexcept;
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch();

  std::string path(const std::string& name) const {
    return directory_ + "/" + name;
  }

private:
  explicit scratch(std::string directory) : directory_(std::move(directory)) {}

  std::string directory_;
};

} // namespace agent_server
