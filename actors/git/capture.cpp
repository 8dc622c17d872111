#include "actors/git/capture.hpp"

#include "actors/git/pack.hpp"
#include "actors/git/scratch.hpp"
#include "actors/git/worktree_tree.hpp"
#include "messages/error.hpp"
#include "messages/task.hpp"
#include "messages/url.hpp"
#include "messages/wire/base64.hpp"
#include "messages/wire/notifications.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>
#include <utility>

namespace agent_server {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds lock_poll{50};
// What becomes an artifact in base64.
constexpr std::size_t max_file = max_artifact_size / 4 * 3;

caf::error failure(std::string text) {
  return make_failure(ec::workspace_failed, std::move(text));
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// What is under way that leaves the files in no state to come back to.
std::string unfinished_work(const std::string& git_directory) {
  using entry = std::pair<const char*, const char*>;
  for (const auto& [file, what] :
       {entry{"rebase-merge", "a rebase"}, entry{"rebase-apply", "a rebase"},
        entry{"MERGE_HEAD", "a merge"},
        entry{"CHERRY_PICK_HEAD", "a cherry-pick"},
        entry{"REVERT_HEAD", "a revert"}})
    if (exists(git_directory + "/" + file))
      return what;
  return {};
}

caf::expected<std::shared_ptr<const std::string>>
read_as_base64(const std::string& path, const char* what) {
  std::error_code problem;
  const auto size = fs::file_size(path, problem);
  if (!problem && size > max_file)
    return failure(std::string{"the "} + what + " of the checkpoint has "
                   + std::to_string(size) + " bytes, more than "
                   + std::to_string(max_file));
  std::ifstream file{path, std::ios::binary};
  std::string bytes{std::istreambuf_iterator<char>{file}, {}};
  if (problem || !file)
    return failure(path + " cannot be read");
  return std::make_shared<const std::string>(base64(bytes));
}

class capture {
public:
  capture(git g, const repository_places& places, std::string id,
          scratch&& files)
    : git_(std::move(g)), places_(places), files_(std::move(files)),
      objects_(files_.path("objects"), places.common_directory) {
    out_.checkpoint.checkpoint_id = std::move(id);
  }

  caf::expected<repository_captured> take(const local_git_state& local) {
    std::error_code problem;
    fs::create_directory(files_.path("objects"), problem);
    read_head();
    if (auto err = take_index())
      return err;
    if (auto err = take_files())
      return err;
    if (auto err = commit())
      return err;
    if (auto err = pack(local))
      return err;
    read_tracking();
    return std::move(out_);
  }

private:
  git_options with_index(const std::string& name) const {
    git_options options;
    options.environment = objects_.environment();
    options.environment.emplace_back("GIT_INDEX_FILE", files_.path(name));
    return options;
  }

  git_options with_objects(std::string input = {}) const {
    git_options options;
    options.environment = objects_.environment();
    options.input = std::move(input);
    return options;
  }

  void read_head() {
    auto& found = out_.checkpoint;
    found.head =
      git_.ask({"rev-parse", "--verify", "-q", "HEAD^{commit}"}).value_or("");
    found.branch =
      git_.ask({"symbolic-ref", "--short", "-q", "HEAD"}).value_or("");
  }

  caf::error make_base_tree() {
    auto tree = out_.checkpoint.head.empty()
                  ? git_.run({"mktree"}, with_objects())
                  : git_.run({"rev-parse", out_.checkpoint.head + "^{tree}"});
    if (!tree)
      return tree.error();
    base_tree_ = std::move(*tree);
    return {};
  }

  caf::error take_index() {
    if (auto err = make_base_tree())
      return err;
    const auto real = places_.git_directory + "/index";
    std::error_code problem;
    if (exists(real))
      fs::copy_file(real, files_.path("index"), problem);
    if (problem)
      return failure(real + " cannot be copied: " + problem.message());
    // Whole in one file, whatever the original is.
    auto whole =
      git_.run(exists(real) ? std::vector<std::string>{"update-index", "-q",
                                                       "--no-split-"
                                                       "index"}
                            : std::vector<std::string>{"read-tree", "--empty"},
               with_index("index"));
    if (!whole)
      return whole.error();
    const auto unmerged =
      git_.run({"ls-files", "--unmerged", "-z"}, with_index("index"));
    if (!unmerged)
      return unmerged.error();
    if (!unmerged->empty())
      return failure("the index has files that are not merged");
    fs::copy_file(files_.path("index"), files_.path("files"), problem);
    if (problem)
      return failure("the index cannot be copied: " + problem.message());
    return write_index_tree();
  }

  caf::error write_index_tree() {
    auto tree = git_.run({"write-tree"}, with_index("index"));
    if (!tree)
      return tree.error();
    auto cut = leave_out_large_blobs(git_, with_index("index"), base_tree_,
                                     *tree, max_checkpoint_blob);
    if (!cut)
      return cut.error();
    if (*cut)
      tree = git_.run({"write-tree"}, with_index("index"));
    if (!tree)
      return tree.error();
    out_.checkpoint.index_tree = std::move(*tree);
    return {};
  }

  caf::error take_files() {
    auto tree = write_worktree_tree(git_, with_index("files"), base_tree_,
                                    max_checkpoint_blob);
    if (!tree)
      return tree.error();
    out_.checkpoint.worktree_tree = std::move(*tree);
    return {};
  }

  caf::error commit() {
    auto& c = out_.checkpoint;
    const auto now = std::chrono::system_clock::now();
    c.timestamp = iso_timestamp(now);
    auto meta =
      git_.run({"mktree"}, with_objects("040000 tree " + c.index_tree
                                        + "\tindex\n040000 tree "
                                        + c.worktree_tree + "\tworktree\n"));
    if (!meta)
      return meta.error();
    auto or_null = [](const std::string& text) {
      return text.empty() ? std::string{"null"} : text;
    };
    auto options = with_objects(
      "POSTHOG-CODE-CHECKPOINT v1\nhead=" + or_null(c.head)
      + "\nbranch=" + or_null(c.branch) + "\nindex=" + c.index_tree
      + "\nworktree=" + c.worktree_tree + "\ntimestamp=" + c.timestamp + "\n");
    for (const std::string who : {"AUTHOR", "COMMITTER"}) {
      options.environment.emplace_back("GIT_" + who + "_NAME", "PostHog Code");
      options.environment.emplace_back("GIT_" + who + "_EMAIL",
                                       "posthog-code@local");
      options.environment.emplace_back("GIT_" + who + "_DATE", c.timestamp);
    }
    std::vector<std::string> arguments{"commit-tree", *meta};
    if (!c.head.empty())
      arguments.insert(arguments.end(), {"-p", c.head});
    auto made = git_.run(std::move(arguments), std::move(options));
    if (!made)
      return made.error();
    c.commit = std::move(*made);
    c.checkpoint_ref = "refs/posthog-code-checkpoint/" + c.checkpoint_id;
    if (!c.head.empty())
      c.head_ref = "refs/posthog-code-handoff/head/" + c.checkpoint_id;
    return {};
  }

  caf::error pack(const local_git_state& local) {
    const auto& c = out_.checkpoint;
    auto file =
      write_pack(git_, objects_, {c.head, c.index_tree, c.worktree_tree},
                 local.upstream_head, files_.path("history"));
    if (!file)
      return file.error();
    auto content = read_as_base64(*file, "pack");
    if (!content)
      return content.error();
    out_.pack = std::move(*content);
    content = read_as_base64(files_.path("index"), "index");
    if (!content)
      return content.error();
    out_.index = std::move(*content);
    return {};
  }

  std::string setting(const std::string& name) const {
    return git_.ask({"config", "--get", name}).value_or("");
  }

  void read_tracking() {
    auto& c = out_.checkpoint;
    if (c.branch.empty())
      return;
    c.upstream_remote = setting("branch." + c.branch + ".remote");
    c.upstream_merge_ref = setting("branch." + c.branch + ".merge");
    if (!c.upstream_remote.empty())
      c.remote_url =
        without_credentials(setting("remote." + c.upstream_remote + ".url"));
  }

  git git_;
  const repository_places& places_;
  scratch files_;
  object_store objects_;
  std::string base_tree_;
  repository_captured out_;
};

void wait_for_index_lock(const std::string& git_directory) {
  const auto end = git::clock::now() + index_lock_wait;
  while (exists(git_directory + "/index.lock") && git::clock::now() < end)
    std::this_thread::sleep_for(lock_poll);
}

} // namespace

caf::expected<repository_captured>
capture_checkpoint(git g, const repository_places& places,
                   const local_git_state& local, const std::string& id) {
  // A lock that stays was left by a git that was killed: it is no reason to
  // lose the files, and nothing here writes to the index.
  wait_for_index_lock(places.git_directory);
  if (const auto what = unfinished_work(places.git_directory); !what.empty())
    return failure("no checkpoint while " + what + " is under way");
  auto files = scratch::make(places.common_directory, id);
  if (!files)
    return files.error();
  g.work_in(places.top);
  return capture{std::move(g), places, id, std::move(*files)}.take(local);
}

} // namespace agent_server
