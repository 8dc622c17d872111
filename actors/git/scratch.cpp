#include "actors/git/scratch.hpp"

#include "messages/error.hpp"

#include <chrono>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace agent_server {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::hours longest_use{1};

void remove_left_overs(const fs::path& parent) {
  std::error_code ignored;
  for (fs::directory_iterator it{parent, ignored}, end; it != end;
       it.increment(ignored)) {
    const auto changed = fs::last_write_time(*it, ignored);
    if (!ignored && fs::file_time_type::clock::now() - changed > longest_use)
      fs::remove_all(*it, ignored);
  }
}

} // namespace

caf::expected<scratch> scratch::make(const std::string& common_directory,
                                     const std::string& name) {
  const auto parent = fs::path{common_directory} / "posthog-code-tmp";
  remove_left_overs(parent);
  std::error_code problem;
  fs::create_directories(parent / name, problem);
  if (problem)
    return make_failure(ec::workspace_failed,
                        (parent / name).string()
                          + " cannot be made: " + problem.message());
  chmod(parent.c_str(), 0700);
  return scratch{(parent / name).string()};
}

scratch::scratch(scratch&& other) noexcept
  : directory_(std::exchange(other.directory_, {})) {}

scratch& scratch::operator=(scratch&& other) noexcept {
  std::swap(directory_, other.directory_);
  return *this;
}

scratch::~scratch() {
  if (directory_.empty())
    return;
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
  // Goes with the last of them.
  fs::remove(fs::path{directory_}.parent_path(), ignored);
}

} // namespace agent_server
