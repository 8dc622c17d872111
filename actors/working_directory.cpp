#include "actors/working_directory.hpp"

#include "messages/error.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace agent_server {

caf::error prepare_working_directory(const make_working_directory& ask) {
  const auto& path = ask.path;
  const auto name =
    ask.what + " " + path + (ask.by_flag ? " (--repositoryPath)" : "");
  std::error_code problem;
  std::error_code ignored;
  std::filesystem::create_directories(path, problem);
  if (!std::filesystem::is_directory(path, ignored))
    return make_failure(ec::bad_config,
                        name + " cannot be made: " + problem.message());
  if (access(path.c_str(), R_OK | X_OK) != 0)
    return make_failure(ec::bad_config,
                        name + " cannot be entered: " + strerror(errno));
  return {};
}

} // namespace agent_server
