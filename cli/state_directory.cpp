#include "cli/state_directory.hpp"

#include "actors/io/private_file.hpp"
#include "messages/error.hpp"
#include "messages/identity.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace agent_server {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_component = 100;

class descriptor {
public:
  explicit descriptor(int fd) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0)
      close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int get() const { return fd_; }

private:
  int fd_;
};

std::string private_base() {
  return "/tmp/agent-server-" + std::to_string(geteuid());
}

std::string hex(const unsigned char* bytes, std::size_t size) {
  constexpr auto digits = "0123456789abcdef";
  std::string result;
  for (std::size_t i = 0; i < size; ++i) {
    result += digits[bytes[i] >> 4];
    result += digits[bytes[i] & 15];
  }
  return result;
}

// FNV-1a: keeps ids apart that differ only in what was replaced.
std::string short_hash(std::string_view text) {
  std::uint32_t value = 2166136261u;
  for (const unsigned char c : text)
    value = (value ^ c) * 16777619u;
  const std::array<unsigned char, 4> bytes{
    static_cast<unsigned char>(value >> 24),
    static_cast<unsigned char>(value >> 16),
    static_cast<unsigned char>(value >> 8), static_cast<unsigned char>(value)};
  return hex(bytes.data(), bytes.size());
}

caf::error bad_directory(const std::string& path, const std::string& why) {
  return make_failure(ec::bad_config,
                      "The state directory " + path + " " + why
                        + "; set POSTHOG_AGENT_STATE_DIR (or --state of "
                          "`agent-server local`) to a directory of your own");
}

caf::error open_to_others(const std::string& path) {
  return make_failure(ec::bad_config,
                      "The state directory " + path
                        + " is open to other users and not empty; run `chmod "
                          "700` on it, or set POSTHOG_AGENT_STATE_DIR to "
                          "another directory");
}

// Makes one directory, or makes sure that the one there is private to us. One
// that is open to others is closed to them only while it is empty: a directory
// in use may be shared on purpose (/var, say).
caf::error make_private(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return bad_directory(path,
                         std::string{"cannot be made: "} + strerror(errno));
  const descriptor directory{
    open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  struct stat status {};
  if (directory.get() < 0) {
    const auto problem = errno;
    if (lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode))
      return bad_directory(path, "is a symbolic link");
    return bad_directory(path,
                         std::string{"cannot be used: "} + strerror(problem));
  }
  if (fstat(directory.get(), &status) != 0)
    return bad_directory(path,
                         std::string{"cannot be used: "} + strerror(errno));
  if (status.st_uid != geteuid())
    return bad_directory(path, "belongs to another user");
  if ((status.st_mode & 07777) == 0700)
    return {};
  std::error_code problem;
  if ((status.st_mode & 077) != 0 && (!fs::is_empty(path, problem) || problem))
    return open_to_others(path);
  if (fchmod(directory.get(), 0700) != 0)
    return bad_directory(path, std::string{"cannot be made private: "}
                                 + strerror(errno));
  return {};
}

caf::error make_parents(const fs::path& path) {
  std::error_code problem;
  std::vector<fs::path> missing;
  for (auto at = path.parent_path(); !fs::exists(at, problem) && !at.empty();
       at = at.parent_path())
    missing.push_back(at);
  for (auto at = missing.rbegin(); at != missing.rend(); ++at)
    if (mkdir(at->c_str(), 0700) != 0 && errno != EEXIST)
      return bad_directory(path.string(), "cannot be made: " + at->string()
                                            + ": " + strerror(errno));
  return {};
}

fs::path without_slash(const fs::path& path) {
  const auto normal = path.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

// Without links, as far as the path exists.
fs::path resolved(const fs::path& path) {
  std::error_code problem;
  const auto result = fs::weakly_canonical(path, problem);
  return without_slash(problem ? path : result);
}

bool lies_in(const fs::path& path, const fs::path& directory) {
  const auto [at, end] =
    std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  return at == directory.end();
}

} // namespace

std::string path_component(std::string_view run_id) {
  std::string result;
  for (const auto c : run_id.substr(0, max_component)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                       || (c >= '0' && c <= '9') || c == '-' || c == '_'
                       || (c == '.' && !result.empty());
    result += plain ? c : '_';
  }
  if (result.empty() || result != run_id)
    result += "-" + short_hash(run_id);
  return result;
}

std::string choose_state_directory(const environment& variables,
                                   std::string_view run_id) {
  if (const auto* given = find_non_empty(variables, "POSTHOG_AGENT_STATE_DIR"))
    return *given;
  // The XDG specification says to ignore a relative path.
  const auto* home = find_non_empty(variables, "XDG_STATE_HOME");
  const auto base = home != nullptr && home->front() == '/'
                      ? (fs::path{*home} / "agent-server").string()
                      : private_base();
  return base + "/" + path_component(run_id);
}

caf::error prepare_state_directory(const server_config& config) {
  const auto path = without_slash(config.state_directory);
  const auto repository = resolved(config.working_directory());
  if (lies_in(resolved(path), repository))
    return bad_directory(path.string(),
                         "lies inside the repository " + repository.string());
  if (auto err = make_parents(path))
    return err;
  // Anybody may make directories in /tmp, so ours is checked at both levels.
  if (path.parent_path() == private_base())
    if (auto err = make_private(private_base()))
      return err;
  return make_private(path.string());
}

caf::expected<secret> write_trace_token(const std::string& directory) {
  auto token = random_token();
  const auto path = directory + "/trace-token";
  if (auto problem = write_private_file(path, token.reveal()))
    return problem;
  return token;
}

caf::error prepare_working_directory(const server_config& config) {
  if (config.repo_ready_file)
    return {};
  const auto path = config.working_directory();
  const auto name = "The working directory " + path
                    + (config.repository_path ? " (--repositoryPath)" : "");
  std::error_code problem;
  std::error_code ignored;
  fs::create_directories(path, problem);
  if (!fs::is_directory(path, ignored))
    return make_failure(ec::bad_config,
                        name + " cannot be made: " + problem.message());
  if (access(path.c_str(), R_OK | X_OK) != 0)
    return make_failure(ec::bad_config,
                        name + " cannot be entered: " + strerror(errno));
  return {};
}

} // namespace agent_server
