#include "actors/git/restore.hpp"

#include "actors/git/scratch.hpp"
#include "actors/io/private_file.hpp"
#include "messages/error.hpp"
#include "messages/identity.hpp"
#include "messages/wire/base64.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

namespace agent_server {

namespace {

// It depends on a network.
constexpr std::chrono::seconds fetch_limit{60};
// The rest may have many files to write.
constexpr std::chrono::seconds step_limit{120};

caf::error failure(std::string text) {
  return make_failure(ec::workspace_failed, std::move(text));
}

caf::error decode_file(const std::string& from, const std::string& to) {
  std::ifstream file{from, std::ios::binary};
  if (!file)
    return failure(from + " cannot be read");
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto bytes = decode_base64(text);
  if (!bytes)
    return failure("an artifact of the checkpoint is not base64");
  if (auto err = write_private_file(to, *bytes))
    return failure(describe(err));
  return {};
}

/// Whether a text from outside can stand where git expects a name.
bool is_plain_name(const std::string& text) {
  return !text.empty() && text.front() != '-';
}

class restore {
public:
  restore(git g, const repository_places& places, const git_checkpoint& wanted,
          scratch files, const std::function<void(std::string)>& warn)
    : git_(std::move(g)), places_(places), wanted_(wanted),
      files_(std::move(files)), warn_(warn) {}

  caf::error run(const std::string& pack_file, const std::string& index_file) {
    if (auto err = check_names())
      return err;
    if (auto err = decode_file(pack_file, files_.path("pack")))
      return err;
    if (auto err = decode_file(index_file, files_.path("index")))
      return err;
    fetch_upstream();
    if (auto err = unpack())
      return err;
    if (auto err = put_branch())
      return err;
    if (auto err = put_files())
      return err;
    return put_index();
  }

private:
  caf::error do_git(std::vector<std::string> arguments,
                    git_options options = {}) const {
    options.limit = step_limit;
    auto done = git_.run(std::move(arguments), std::move(options));
    return done ? caf::error{} : done.error();
  }

  std::string answer(std::vector<std::string> arguments) const {
    return git_.ask(std::move(arguments)).value_or("");
  }

  caf::error check_names() const {
    if (!is_object_name(wanted_.worktree_tree)
        || !is_object_name(wanted_.index_tree)
        || (!wanted_.head.empty() && !is_object_name(wanted_.head)))
      return failure("the checkpoint names objects that cannot be");
    if (!wanted_.branch.empty()
        && (!is_plain_name(wanted_.branch)
            || !git_.succeeds(
              {"check-ref-format", "--branch", wanted_.branch})))
      return failure("the checkpoint's branch has no possible name");
    return {};
  }

  bool has_upstream() const {
    return is_plain_name(wanted_.upstream_remote)
           && is_plain_name(wanted_.upstream_merge_ref);
  }

  // What the pack leaves out because the remote has it.
  void fetch_upstream() const {
    if (!has_upstream())
      return;
    if (answer(
          {"config", "--get", "remote." + wanted_.upstream_remote + ".url"})
          .empty()
        && is_plain_name(wanted_.remote_url))
      if (auto err = do_git(
            {"remote", "add", wanted_.upstream_remote, wanted_.remote_url}))
        warn_(describe(err));
    fetch({wanted_.upstream_remote, wanted_.upstream_merge_ref});
  }

  void fetch(const std::vector<std::string>& what) const {
    git_options options;
    options.limit = fetch_limit;
    std::vector<std::string> arguments{"fetch", "-q", "--no-tags", "--"};
    arguments.insert(arguments.end(), what.begin(), what.end());
    auto done = git_.run(std::move(arguments), std::move(options));
    if (!done)
      warn_(describe(done.error()));
  }

  caf::error unpack() const {
    git_options options;
    options.input_file = files_.path("pack");
    if (auto err = do_git({"unpack-objects", "-r", "-q"}, std::move(options)))
      return err;
    if (is_whole())
      return {};
    // It was packed against more than the upstream branch.
    const auto remote = is_plain_name(wanted_.upstream_remote)
                          ? wanted_.upstream_remote
                          : std::string{"origin"};
    fetch({remote});
    if (is_whole())
      return {};
    return failure("objects of the checkpoint are missing here and at the "
                   "remote");
  }

  bool is_whole() const {
    if (!wanted_.head.empty() && !has_object(git_, wanted_.head, "commit"))
      return false;
    std::vector<std::string> walk{"rev-list", "--objects", "--quiet",
                                  wanted_.worktree_tree, wanted_.index_tree};
    if (!wanted_.head.empty())
      walk.push_back(wanted_.head);
    // What is reachable here already is whole.
    walk.insert(walk.end(), {"--not", "--all", "--"});
    return git_.succeeds(std::move(walk));
  }

  bool is_ancestor(const std::string& older, const std::string& newer) const {
    return git_.succeeds({"merge-base", "--is-ancestor", older, newer});
  }

  bool is_at_a_remote(const std::string& commit) const {
    return !answer({"for-each-ref", "--count=1", "--contains", commit,
                    "--format=%(refname)", "refs/remotes"})
              .empty();
  }

  caf::error put_branch() const {
    if (wanted_.head.empty())
      return {};
    if (wanted_.branch.empty())
      return do_git({"checkout", "-q", "-f", "--detach", wanted_.head, "--"});
    const auto local =
      answer({"rev-parse", "--verify", "-q", "refs/heads/" + wanted_.branch});
    const bool loses_commits = !local.empty() && local != wanted_.head
                               && !is_ancestor(local, wanted_.head)
                               && !is_at_a_remote(local);
    if (loses_commits)
      return failure("Handoff aborted: local branch '" + wanted_.branch
                     + "' has diverged");
    if (auto err = do_git({"checkout", "-q", "-f", "--no-track", "-B",
                           wanted_.branch, wanted_.head, "--"}))
      return err;
    track_upstream();
    return {};
  }

  void track_upstream() const {
    const auto section = "branch." + wanted_.branch + ".";
    if (!has_upstream()
        || !answer({"config", "--get", section + "remote"}).empty())
      return;
    for (const auto& [name, value] :
         {std::pair{"remote", wanted_.upstream_remote},
          std::pair{"merge", wanted_.upstream_merge_ref}})
      if (auto err = do_git({"config", section + name, value}))
        warn_(describe(err));
  }

  caf::error put_files() const {
    if (auto err = do_git({"clean", "-f", "-d", "-q"}))
      return err;
    return do_git({"read-tree", "--reset", "-u", wanted_.worktree_tree});
  }

  // The saved index knows more than its tree, but only a sound one is taken.
  caf::error put_index() const {
    git_options options;
    options.environment = {{"GIT_INDEX_FILE", files_.path("index")}};
    const auto tree = git_.ask({"write-tree"}, std::move(options));
    if (tree != wanted_.index_tree) {
      warn_("the checkpoint's index cannot be used: it is made anew");
      return do_git({"read-tree", wanted_.index_tree});
    }
    const auto real = places_.git_directory + "/index";
    if (std::rename(files_.path("index").c_str(), real.c_str()) != 0)
      return failure(real + " cannot be replaced: " + std::strerror(errno));
    return {};
  }

  git git_;
  const repository_places& places_;
  const git_checkpoint& wanted_;
  scratch files_;
  const std::function<void(std::string)>& warn_;
};

} // namespace

caf::error restore_repository(git g, const repository_places& places,
                              const git_checkpoint& checkpoint,
                              const std::string& pack_file,
                              const std::string& index_file,
                              const std::function<void(std::string)>& warn) {
  auto files = scratch::make(places.common_directory, random_uuid());
  if (!files)
    return files.error();
  g.work_in(places.top);
  return restore{std::move(g), places, checkpoint, std::move(*files), warn}.run(
    pack_file, index_file);
}

} // namespace agent_server
