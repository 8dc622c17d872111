#include "actors/git/repository.hpp"

#include "actors/git/capture.hpp"
#include "fixture.hpp"
#include "messages/wire/base64.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

using namespace agent_server;
namespace fs = std::filesystem;

namespace {

/// A remote with two clones, in a directory of their own.
struct repository_fixture : test::fixture {
  fs::path root;
  std::string mine;
  std::string fresh;

  repository_fixture() {
    char name[] = "/tmp/repository-test-XXXXXX";
    root = mkdtemp(name);
    mine = root / "mine";
    fresh = root / "fresh";
    const auto seed = (root / "seed").string();
    git_in(root, {"init", "-q", "-b", "main", seed});
    put(seed, "old.txt", "old\n");
    put(seed, "changed.txt", "before\n");
    put(seed, ".gitignore", "*.log\n");
    commit(seed, "first");
    git_in(root, {"clone", "-q", "--bare", seed, remote()});
    git_in(root, {"clone", "-q", remote(), mine});
    git_in(root, {"clone", "-q", remote(), fresh});
  }

  ~repository_fixture() {
    std::error_code ignored;
    fs::remove_all(root, ignored);
  }

  std::string remote() const { return root / "remote"; }

  static git tool(const std::string& directory) {
    return {"/usr/bin/git",
            {"PATH=/usr/bin:/bin", "HOME=/nonexistent", "LC_ALL=C",
             "GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@b",
             "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@b",
             "GIT_CONFIG_NOSYSTEM=1"},
            directory};
  }

  static std::string git_in(const std::string& directory,
                            std::vector<std::string> arguments) {
    const auto done = tool(directory).run(std::move(arguments));
    INFO((done ? std::string{} : describe(done.error())));
    REQUIRE(done);
    return *done;
  }

  static void put(const std::string& directory, const std::string& name,
                  const std::string& text) {
    fs::create_directories(fs::path{directory} / fs::path{name}.parent_path());
    std::ofstream{fs::path{directory} / name} << text;
  }

  static std::string text_of(const std::string& directory,
                             const std::string& name) {
    std::ifstream in{fs::path{directory} / name};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  static void commit(const std::string& directory, const std::string& message) {
    git_in(directory, {"add", "-A"});
    git_in(directory, {"commit", "-q", "-m", message});
  }

  test::fixture::pending<repository_captured>
  capture(const local_git_state& local = {}) {
    const auto actor = system.spawn(repository, tool(mine), log);
    return ask<repository_captured>(actor, capture_repository{local});
  }

  repository_captured captured(const local_git_state& local = {}) {
    auto got = capture(local);
    INFO((got.failed() ? describe(*got.error) : std::string{}));
    REQUIRE(got.answered());
    return got.value();
  }

  test::fixture::pending<checkpoint_applied>
  apply(const repository_captured& from) {
    put(root, "pack", *from.pack);
    put(root, "index", *from.index);
    const auto actor = system.spawn(repository, tool(fresh), log);
    return ask<checkpoint_applied>(
      actor, apply_checkpoint{from.checkpoint, root / "pack", root / "index"});
  }

  void restored(const repository_captured& from) {
    auto done = apply(from);
    INFO((done.failed() ? describe(*done.error) : std::string{}));
    REQUIRE(done.answered());
  }

  std::size_t packed_objects(const repository_captured& from) const {
    const auto bytes = decode_base64(*from.pack);
    REQUIRE(bytes);
    REQUIRE(bytes->size() > 12);
    std::size_t count = 0;
    for (std::size_t i = 8; i < 12; ++i)
      count = count << 8 | static_cast<unsigned char>((*bytes)[i]);
    return count;
  }
};

} // namespace

TEST_CASE_METHOD(repository_fixture,
                 "a checkpoint brings branch, commits, index and files back",
                 "[git]") {
  git_in(mine, {"checkout", "-q", "-b", "work"});
  put(mine, "committed.txt", "c\n");
  commit(mine, "second");
  put(mine, "staged.txt", "staged\n");
  git_in(mine, {"add", "staged.txt"});
  put(mine, "changed.txt", "after\n");
  put(mine, "sub/new.txt", "new\n");
  put(mine, "noise.log", "ignored\n");
  fs::remove(fs::path{mine} / "old.txt");
  const auto status = git_in(mine, {"status", "--porcelain"});

  restored(captured());
  CHECK(git_in(fresh, {"symbolic-ref", "--short", "HEAD"}) == "work");
  CHECK(git_in(fresh, {"rev-parse", "HEAD"})
        == git_in(mine, {"rev-parse", "HEAD"}));
  CHECK(git_in(fresh, {"status", "--porcelain"}) == status);
  CHECK(text_of(fresh, "changed.txt") == "after\n");
  CHECK(text_of(fresh, "sub/new.txt") == "new\n");
  CHECK_FALSE(fs::exists(fs::path{fresh} / "old.txt"));
  CHECK_FALSE(fs::exists(fs::path{fresh} / "noise.log"));
}

TEST_CASE_METHOD(repository_fixture,
                 "capturing leaves the repository as it was", "[git]") {
  put(mine, "changed.txt", "after\n");
  put(mine, "new.txt", "new\n");
  const auto objects = git_in(mine, {"count-objects", "-v"});
  const auto index = text_of(mine, ".git/index");
  const auto refs = git_in(mine, {"for-each-ref"});
  captured();
  CHECK(git_in(mine, {"count-objects", "-v"}) == objects);
  CHECK(text_of(mine, ".git/index") == index);
  CHECK(git_in(mine, {"for-each-ref"}) == refs);
  CHECK_FALSE(fs::exists(fs::path{mine} / ".git/posthog-code-tmp"));
}

TEST_CASE_METHOD(repository_fixture,
                 "what the remote has is not packed (contract 19/37)",
                 "[git]") {
  put(mine, "new.txt", "new\n");
  // The new file, and the tree that holds it.
  CHECK(packed_objects(captured()) == 2);
  git_in(mine, {"checkout", "-q", "-b", "work"});
  put(mine, "committed.txt", "c\n");
  commit(mine, "second");
  // The commit, its tree and the two files.
  CHECK(packed_objects(captured()) == 4);
}

TEST_CASE_METHOD(repository_fixture,
                 "an upstream head that is not here loses no checkpoint "
                 "(contract 19/38)",
                 "[git]") {
  put(mine, "new.txt", "new\n");
  for (const std::string head :
       {"0123456789012345678901234567890123456789", "nonsense", "--all"}) {
    local_git_state local;
    local.upstream_head = head;
    CHECK(packed_objects(captured(local)) == 2);
  }
}

TEST_CASE_METHOD(repository_fixture,
                 "the upstream head that the caller has is not packed",
                 "[git]") {
  git_in(mine, {"remote", "remove", "origin"});
  const auto all = packed_objects(captured());
  local_git_state local;
  local.upstream_head = git_in(mine, {"rev-parse", "HEAD"});
  CHECK(all > 0);
  CHECK(packed_objects(captured(local)) == 0);
}

TEST_CASE_METHOD(repository_fixture,
                 "a file beyond a mebibyte is as in HEAD or left out",
                 "[git]") {
  const std::string large(max_checkpoint_blob + 1, 'x');
  const std::string largest(max_checkpoint_blob, 'y');
  put(mine, "changed.txt", large);
  put(mine, "large.bin", large);
  put(mine, "staged.bin", large);
  put(mine, "fits.bin", largest);
  git_in(mine, {"add", "staged.bin"});
  restored(captured());
  CHECK(text_of(fresh, "changed.txt") == "before\n");
  CHECK_FALSE(fs::exists(fs::path{fresh} / "large.bin"));
  CHECK_FALSE(fs::exists(fs::path{fresh} / "staged.bin"));
  CHECK(text_of(fresh, "fits.bin") == largest);
  CHECK(git_in(fresh, {"status", "--porcelain"}) == "?? fits.bin");
}

TEST_CASE_METHOD(repository_fixture,
                 "no token of a remote's address is told (contract 19/32)",
                 "[git]") {
  git_in(mine, {"remote", "set-url", "origin",
                "https://x-access-token:ghs_secret@github.com/o/r.git"});
  const auto got = captured().checkpoint;
  CHECK(got.remote_url == "https://github.com/o/r.git");
  CHECK(got.upstream_remote == "origin");
  CHECK(got.upstream_merge_ref == "refs/heads/main");
}

TEST_CASE_METHOD(repository_fixture,
                 "a file in place of a directory, and the reverse, come back",
                 "[git]") {
  put(mine, "dir/inner.txt", "i\n");
  commit(mine, "a directory");
  git_in(mine, {"push", "-q", "origin", "main"});
  fs::remove_all(fs::path{mine} / "dir");
  put(mine, "dir", "a file\n");
  fs::remove(fs::path{mine} / "old.txt");
  put(mine, "old.txt/inner.txt", "inner\n");
  restored(captured());
  CHECK(text_of(fresh, "dir") == "a file\n");
  CHECK(text_of(fresh, "old.txt/inner.txt") == "inner\n");
}

TEST_CASE_METHOD(repository_fixture, "links and odd names come back", "[git]") {
  fs::create_symlink("old.txt", fs::path{mine} / "link");
  put(mine, "a b\n\"c\".txt", "odd\n");
  put(mine, "-q", "dash\n");
  restored(captured());
  CHECK(fs::read_symlink(fs::path{fresh} / "link") == "old.txt");
  CHECK(text_of(fresh, "a b\n\"c\".txt") == "odd\n");
  CHECK(text_of(fresh, "-q") == "dash\n");
}

TEST_CASE_METHOD(repository_fixture,
                 "nothing is captured while a merge is under way", "[git]") {
  put(mine, ".git/MERGE_HEAD", git_in(mine, {"rev-parse", "HEAD"}) + "\n");
  auto got = capture();
  REQUIRE(got.failed());
  CHECK(code_of(*got.error) == ec::workspace_failed);
  CHECK(describe(*got.error) == "no checkpoint while a merge is under way");
}

TEST_CASE_METHOD(repository_fixture,
                 "where there is no repository there is nothing to capture",
                 "[git]") {
  mine = root / "plain";
  fs::create_directory(mine);
  CHECK(captured().checkpoint.checkpoint_id.empty());
}

TEST_CASE_METHOD(repository_fixture,
                 "a repository without a commit is captured", "[git]") {
  mine = root / "empty";
  git_in(root, {"init", "-q", "-b", "main", mine});
  put(mine, "first.txt", "1\n");
  const auto got = captured();
  CHECK(got.checkpoint.head.empty());
  CHECK(got.checkpoint.branch == "main");
  CHECK(got.checkpoint.head_ref.empty());
  CHECK(packed_objects(got) == 3);
}

TEST_CASE_METHOD(repository_fixture,
                 "a detached head comes back without a branch", "[git]") {
  git_in(mine, {"checkout", "-q", "--detach"});
  put(mine, "more.txt", "m\n");
  commit(mine, "detached");
  const auto got = captured();
  CHECK(got.checkpoint.branch.empty());
  restored(got);
  CHECK(git_in(fresh, {"rev-parse", "HEAD"}) == got.checkpoint.head);
  CHECK_FALSE(tool(fresh).succeeds({"symbolic-ref", "-q", "HEAD"}));
}

TEST_CASE_METHOD(repository_fixture,
                 "a branch with commits of its own is not thrown away",
                 "[git]") {
  put(mine, "theirs.txt", "t\n");
  commit(mine, "theirs");
  put(fresh, "ours.txt", "o\n");
  commit(fresh, "ours");
  const auto head = git_in(fresh, {"rev-parse", "HEAD"});
  auto done = apply(captured());
  REQUIRE(done.failed());
  CHECK(describe(*done.error)
        == "Handoff aborted: local branch 'main' has diverged");
  CHECK(git_in(fresh, {"rev-parse", "HEAD"}) == head);
}

TEST_CASE_METHOD(repository_fixture,
                 "a branch that the remote moved on is put back "
                 "(contract 19/38)",
                 "[git]") {
  put(mine, "theirs.txt", "t\n");
  commit(mine, "theirs");
  const auto got = captured();
  put(fresh, "pushed.txt", "p\n");
  commit(fresh, "pushed by another");
  git_in(fresh, {"push", "-q", "origin", "main"});
  restored(got);
  CHECK(git_in(fresh, {"rev-parse", "main"}) == got.checkpoint.head);
}

TEST_CASE_METHOD(repository_fixture,
                 "what was packed against another branch of the remote is "
                 "fetched",
                 "[git]") {
  git_in(mine, {"checkout", "-q", "-b", "pushed"});
  put(mine, "pushed.txt", "p\n");
  commit(mine, "pushed");
  git_in(mine, {"push", "-q", "origin", "pushed"});
  fs::remove(fs::path{mine} / "pushed.txt");
  put(mine, "open.txt", "o\n");
  commit(mine, "without what was pushed");
  restored(captured());
  CHECK(git_in(fresh, {"show", "HEAD~1:pushed.txt"}) == "p");
  CHECK(text_of(fresh, "open.txt") == "o\n");
}

TEST_CASE_METHOD(repository_fixture,
                 "a checkpoint into a shallow clone is put in place", "[git]") {
  put(mine, "second.txt", "2\n");
  commit(mine, "second");
  git_in(mine, {"push", "-q", "origin", "main"});
  fs::remove_all(fresh);
  git_in(root, {"clone", "-q", "--depth", "1", "file://" + remote(), fresh});
  git_in(mine, {"checkout", "-q", "-b", "work"});
  put(mine, "third.txt", "3\n");
  commit(mine, "third");
  restored(captured());
  CHECK(text_of(fresh, "third.txt") == "3\n");
  CHECK(git_in(fresh, {"status", "--porcelain"}).empty());
}

TEST_CASE_METHOD(repository_fixture,
                 "a checkpoint whose artifacts are spoiled changes no file",
                 "[git]") {
  put(mine, "changed.txt", "after\n");
  auto got = captured();
  got.pack = std::make_shared<const std::string>("no base64!");
  CHECK(apply(got).failed());
  got.pack = std::make_shared<const std::string>(base64("PACK of nothing"));
  CHECK(apply(got).failed());
  CHECK(text_of(fresh, "changed.txt") == "before\n");
}

TEST_CASE_METHOD(repository_fixture,
                 "names that git would take for options are refused", "[git]") {
  put(mine, "changed.txt", "after\n");
  auto got = captured();
  got.checkpoint.branch = "--orphan";
  CHECK(apply(got).failed());
  got.checkpoint.branch = "main";
  got.checkpoint.upstream_remote =
    "--upload-pack=touch " + (root / "x").string();
  got.checkpoint.upstream_merge_ref = "refs/heads/main";
  restored(got);
  CHECK_FALSE(fs::exists(root / "x"));
}

TEST_CASE_METHOD(repository_fixture, "the branch is read", "[git]") {
  const auto actor = system.spawn(repository, tool(mine), log);
  CHECK(ask<branch_read>(actor, read_branch{}).value().branch == "main");
  git_in(mine, {"checkout", "-q", "--detach"});
  CHECK(ask<branch_read>(actor, read_branch{}).value().branch.empty());
}

TEST_CASE("git gets no secret of the server and no other repository", "[git]") {
  const auto given = git_environment({{"PATH", "/bin"},
                                      {"POSTHOG_PERSONAL_API_KEY", "k"},
                                      {"JWT_PUBLIC_KEY", "p"},
                                      {"ANTHROPIC_API_KEY", "a"},
                                      {"GIT_DIR", "/elsewhere"},
                                      {"GIT_SSH_COMMAND", "ssh -i key"},
                                      {"LC_ALL", "de_DE.UTF-8"}});
  CHECK(given
        == std::vector<std::string>{"PATH=/bin", "GIT_SSH_COMMAND=ssh -i key",
                                    "LC_ALL=C", "GIT_TERMINAL_PROMPT=0"});
}

TEST_CASE("git that is missing is an error that says so", "[git]") {
  const auto answer = git{"", {}, "/"}.run({"status"});
  REQUIRE_FALSE(answer);
  CHECK(describe(answer.error()) == "there is no git on the PATH");
}
