#include "cli/state_directory.hpp"

#include "messages/error.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using namespace agent_server;
namespace fs = std::filesystem;

namespace {

struct scratch {
  scratch() {
    char name[] = "/tmp/state-test-XXXXXX";
    root = mkdtemp(name);
  }
  ~scratch() {
    std::error_code ignored;
    fs::remove_all(root, ignored);
  }
  fs::path root;
};

server_config config_with(const fs::path& state, const fs::path& repository) {
  server_config config;
  config.state_directory = state.string();
  config.repository_path = repository.string();
  return config;
}

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

std::string problem(const caf::error& err) {
  REQUIRE(err);
  CHECK(code_of(err) == ec::bad_config);
  return describe(err);
}

std::string problem(const caf::expected<std::string>& result) {
  REQUIRE_FALSE(result);
  return problem(result.error());
}

} // namespace

TEST_CASE("the state directory is chosen by the environment and the run") {
  const auto uid = std::to_string(geteuid());
  CHECK(choose_state_directory({}, "r1") == "/tmp/agent-server-" + uid + "/r1");
  CHECK(choose_state_directory({{"XDG_STATE_HOME", "/x"}}, "r1")
        == "/x/agent-server/r1");
  CHECK(choose_state_directory({{"XDG_STATE_HOME", "x"}}, "r1")
        == "/tmp/agent-server-" + uid + "/r1");
  CHECK(
    choose_state_directory(
      {{"XDG_STATE_HOME", "/x"}, {"POSTHOG_AGENT_STATE_DIR", "/given"}}, "r1")
    == "/given");
}

TEST_CASE("a run id is one path component, whatever it holds") {
  CHECK(path_component("0194f2-a_b.c") == "0194f2-a_b.c");
  for (const auto* id : {"..", ".", "", "../../etc", "a/b", "a b", ".hidden"}) {
    const auto component = path_component(id);
    CHECK(component.find('/') == std::string::npos);
    CHECK(component.front() != '.');
  }
  CHECK(path_component("a/b") != path_component("a b"));
  const std::string long_id(500, 'a');
  CHECK(path_component(long_id).size() < 128);
}

TEST_CASE("the state directory is made private, with its parents") {
  scratch dir;
  const auto state = dir.root / "a" / "b";
  CHECK(prepare_state_directory(config_with(state, dir.root / "repo")));
  CHECK(mode_of(state) == 0700);
  CHECK(mode_of(dir.root / "a") == 0700);
}

TEST_CASE("a state directory of ours is taken as it is") {
  scratch dir;
  const auto config = config_with(dir.root / "s", dir.root / "repo");
  CHECK(prepare_state_directory(config));
  std::ofstream{dir.root / "s" / "file"} << "kept";
  CHECK(prepare_state_directory(config));
  CHECK(fs::exists(dir.root / "s" / "file"));
}

TEST_CASE("an empty state directory that is open to others is closed") {
  scratch dir;
  fs::create_directory(dir.root / "s");
  REQUIRE(chmod((dir.root / "s").c_str(), 0755) == 0);
  CHECK(
    prepare_state_directory(config_with(dir.root / "s", dir.root / "repo")));
  CHECK(mode_of(dir.root / "s") == 0700);
}

TEST_CASE("a state directory in use that is open to others is closed, and "
          "that is said") {
  scratch dir;
  const auto state = dir.root / "s";
  fs::create_directory(state);
  std::ofstream{state / "file"} << "kept";
  REQUIRE(chmod(state.c_str(), 0755) == 0);
  const auto warning =
    prepare_state_directory(config_with(state, dir.root / "repo"));
  REQUIRE(warning);
  CHECK_THAT(*warning,
             Catch::Contains(state.string() + " was open to other users"));
  CHECK(mode_of(state) == 0700);
  CHECK(fs::exists(state / "file"));
  CHECK(
    prepare_state_directory(config_with(state, dir.root / "repo"))->empty());
}

TEST_CASE("a directory that others share is not closed to them") {
  scratch dir;
  const auto state = dir.root / "s";
  fs::create_directory(state);
  std::ofstream{state / "file"} << "shared";
  for (const mode_t mode : {01777, 02775, 0777}) {
    REQUIRE(chmod(state.c_str(), mode) == 0);
    CHECK_THAT(
      problem(prepare_state_directory(config_with(state, dir.root / "repo"))),
      Catch::Contains(state.string() + " is in use and shared"));
    CHECK(mode_of(state) == mode);
  }
  if (geteuid() == 0)
    CHECK(
      problem(prepare_state_directory(config_with("/usr", "/x"))).find("shared")
      != std::string::npos);
}

TEST_CASE("local mode keeps its state outside the repository if it can") {
  const auto uid = std::to_string(geteuid());
  const environment home{{"HOME", "/home/u"}};
  CHECK(choose_local_state_directory(home, "r1", "/work")
        == "/tmp/agent-server-" + uid + "/r1");
  CHECK(choose_local_state_directory(home, "r1", "/tmp")
        == "/home/u/.local/state/agent-server/r1");
  CHECK(choose_local_state_directory(home, "r1", "/")
        == "/tmp/agent-server-" + uid + "/r1");
  CHECK(choose_local_state_directory({}, "r1", "/tmp")
        == "/tmp/agent-server-" + uid + "/r1");
  CHECK(choose_local_state_directory(
          {{"HOME", "/home/u"}, {"POSTHOG_AGENT_STATE_DIR", "/tmp/x"}}, "r1",
          "/tmp")
        == "/tmp/x");
}

TEST_CASE("a state directory that may lie in the repository is hidden from "
          "git") {
  scratch dir;
  auto config = config_with(dir.root / "state", dir.root);
  config.state_may_lie_in_repository = true;
  REQUIRE(prepare_state_directory(config));
  CHECK(mode_of(dir.root / "state") == 0700);
  std::ifstream file{dir.root / "state" / ".gitignore"};
  std::string pattern;
  file >> pattern;
  CHECK(pattern == "*");
}

TEST_CASE("a link in place of the state directory is refused") {
  scratch dir;
  fs::create_directory(dir.root / "elsewhere");
  fs::create_symlink(dir.root / "elsewhere", dir.root / "s");
  CHECK_THAT(problem(prepare_state_directory(
               config_with(dir.root / "s", dir.root / "repo"))),
             Catch::Contains("is a symbolic link"));
}

TEST_CASE("a file in place of the state directory is refused") {
  scratch dir;
  std::ofstream{dir.root / "s"} << "file";
  CHECK_THAT(problem(prepare_state_directory(
               config_with(dir.root / "s", dir.root / "repo"))),
             Catch::Contains((dir.root / "s").string() + " cannot be used"));
}

TEST_CASE("a state directory of another user is refused") {
  if (geteuid() != 0)
    return; // only root can make one
  scratch dir;
  fs::create_directory(dir.root / "s");
  REQUIRE(chmod((dir.root / "s").c_str(), 0700) == 0);
  REQUIRE(chown((dir.root / "s").c_str(), 12345, 12345) == 0);
  CHECK_THAT(problem(prepare_state_directory(
               config_with(dir.root / "s", dir.root / "repo"))),
             Catch::Contains("belongs to another user"));
}

TEST_CASE("a state directory inside the repository is refused") {
  scratch dir;
  const auto repository = dir.root / "repo";
  fs::create_directory(repository);
  fs::create_symlink(repository, dir.root / "link");
  for (const auto& state :
       {repository, repository / "state", dir.root / "link" / "state",
        dir.root / "x" / ".." / "repo" / "state"}) {
    const auto text = problem(
      prepare_state_directory(config_with(state, repository.string() + "/")));
    CHECK_THAT(text, Catch::Contains("lies inside the repository "
                                     + repository.string()));
    CHECK_THAT(text, Catch::Contains("POSTHOG_AGENT_STATE_DIR"));
  }
  CHECK(fs::is_empty(repository));
  CHECK(
    prepare_state_directory(config_with(dir.root / "repo-state", repository)));
}

TEST_CASE("the trace token is for the owner alone") {
  scratch dir;
  REQUIRE_FALSE(write_trace_token(dir.root.string(), secret{"0123"}));
  CHECK(mode_of(dir.root / "trace-token") == 0600);
  std::ifstream file{dir.root / "trace-token"};
  std::string written;
  file >> written;
  CHECK(written == "0123");
}

TEST_CASE("a token replaces the last one, and never through a planted link") {
  scratch dir;
  std::ofstream{dir.root / "victim"} << "safe";
  fs::create_symlink(dir.root / "victim", dir.root / "trace-token");
  for (const auto* token : {"one", "two"}) {
    REQUIRE_FALSE(write_trace_token(dir.root.string(), secret{token}));
    std::ifstream file{dir.root / "trace-token"};
    std::string written;
    file >> written;
    CHECK(written == token);
  }
  std::ifstream file{dir.root / "victim"};
  std::string content;
  file >> content;
  CHECK(content == "safe");
}

TEST_CASE("a token that cannot be written names its file") {
  scratch dir;
  const auto missing = (dir.root / "missing").string();
  CHECK_THAT(problem(write_trace_token(missing, secret{"0123"})),
             Catch::StartsWith(missing + "/trace-token cannot be written: "));
}

TEST_CASE("the working directory is made") {
  scratch dir;
  const auto config = config_with("/unused", dir.root / "a" / "repo");
  CHECK_FALSE(prepare_working_directory(config));
  CHECK(fs::is_directory(dir.root / "a" / "repo"));
  CHECK_FALSE(prepare_working_directory(config));
}

TEST_CASE("a working directory that cannot be made is named") {
  scratch dir;
  std::ofstream{dir.root / "file"} << "x";
  for (const auto& path : {dir.root / "file", dir.root / "file" / "repo"})
    CHECK_THAT(problem(prepare_working_directory(config_with("/unused", path))),
               Catch::StartsWith("The working directory " + path.string()
                                 + " (--repositoryPath) cannot be made: "));
}

TEST_CASE("a repository that is yet to come is left alone") {
  scratch dir;
  auto config = config_with("/unused", dir.root / "repo");
  config.repo_ready_file = "/ready";
  CHECK_FALSE(prepare_working_directory(config));
  CHECK_FALSE(fs::exists(dir.root / "repo"));
}
