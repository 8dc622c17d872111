#include "cli/state_directory.hpp"

#include "actors/io/private_file.hpp"
#include "actors/working_directory.hpp"
#include "messages/error.hpp"
#include "messages/identity.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
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

// Directories that others count on, whoever owns them.
bool is_shared_on_purpose(const fs::path& path, mode_t mode) {
  if ((mode & (S_ISVTX | S_ISGID | S_IWOTH)) != 0)
    return true;
  static constexpr std::array<std::string_view, 10> whole_trees{
    "bin", "boot", "dev", "etc", "lib", "lib64", "proc", "sbin", "sys", "usr"};
  static constexpr std::array<std::string_view, 8> roots{
    "home", "media", "mnt", "opt", "run", "srv", "tmp", "var"};
  const auto below = path.relative_path();
  if (below.empty())
    return true;
  const auto contains = [](const auto& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto first = below.begin()->string();
  const auto depth = std::distance(below.begin(), below.end());
  return contains(whole_trees, first)
         || (contains(roots, first)
             && depth <= (first == "var" || first == "home" ? 2 : 1));
}

// Makes one directory, or makes sure that the one there is private to us. One
// that is open to others is closed to them; `warning` says so when they may
// have used it.
caf::error make_private(const std::string& path, std::string& warning) {
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
  const bool in_use =
    (status.st_mode & 077) != 0 && (!fs::is_empty(path, problem) || problem);
  if (in_use && is_shared_on_purpose(resolved(path), status.st_mode))
    return bad_directory(path, "is in use and shared with other users");
  if (fchmod(directory.get(), 0700) != 0)
    return bad_directory(path, std::string{"cannot be made private: "}
                                 + strerror(errno));
  if (in_use)
    warning = "The state directory " + path
              + " was open to other users; its mode is 0700 now";
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

// The agent commits what it finds in its repository.
caf::error hide_from_git(const std::string& directory) {
  return write_private_file(directory + "/.gitignore", "*\n");
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

std::string choose_local_state_directory(const environment& variables,
                                         std::string_view run_id,
                                         const std::string& repository) {
  auto usual = choose_state_directory(variables, run_id);
  if (find_non_empty(variables, "POSTHOG_AGENT_STATE_DIR") != nullptr
      || !lies_in(usual, repository))
    return usual;
  const auto* home = find_non_empty(variables, "HOME");
  if (home == nullptr || home->front() != '/')
    return usual;
  auto own =
    (fs::path{*home} / ".local/state/agent-server" / path_component(run_id))
      .string();
  return lies_in(own, repository) ? usual : own;
}

bool lies_in(const std::string& path, const std::string& directory) {
  const auto inner = resolved(path);
  const auto outer = resolved(directory);
  const auto [at, end] =
    std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return at == outer.end();
}

caf::expected<std::string>
prepare_state_directory(const server_config& config) {
  const auto path = without_slash(config.state_directory);
  const auto repository = config.working_directory();
  const bool inside = lies_in(path.string(), repository);
  if (inside && !config.state_may_lie_in_repository)
    return bad_directory(path.string(), "lies inside the repository "
                                          + resolved(repository).string());
  if (auto err = make_parents(path))
    return err;
  std::string warning;
  // Anybody may make directories in /tmp, so ours is checked at both levels.
  if (path.parent_path() == private_base())
    if (auto err = make_private(private_base(), warning))
      return err;
  if (auto err = make_private(path.string(), warning))
    return err;
  if (inside)
    if (auto err = hide_from_git(path.string()))
      return err;
  return warning;
}

std::string spool_directory(const server_config& config) {
  return config.state_directory + "/events/"
         + path_component(config.control_plane.run_id);
}

secret read_trace_token(const std::string& directory) {
  std::ifstream file{directory + "/trace-token"};
  return secret{std::string{std::istreambuf_iterator<char>{file}, {}}};
}

caf::error write_trace_token(const std::string& directory,
                             const secret& token) {
  const auto path = directory + "/trace-token";
  return write_private_file(path, token.reveal());
}

caf::error prepare_working_directory(const server_config& config) {
  if (config.repo_ready_file)
    return {};
  return prepare_working_directory(make_working_directory{
    config.working_directory(), config.repository_path.has_value()});
}

} // namespace agent_server
