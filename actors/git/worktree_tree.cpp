#include "actors/git/worktree_tree.hpp"

#include "messages/error.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace agent_server {

namespace {

/// Paths, each with a NUL behind it.
struct path_lists {
  std::string gone;
  std::string present;
};

void sort_path(const std::string& top, std::string_view name,
               std::size_t max_blob, path_lists& into) {
  const auto path = top + "/" + std::string{name};
  auto add = [name](std::string& list) { list.append(name).push_back('\0'); };
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR)
      add(into.gone);
  } else if (S_ISDIR(status.st_mode)) {
    // A repository in the repository; one that git does not know stays out.
    if (name.back() == '/')
      return;
    add(access((path + "/.git").c_str(), F_OK) == 0 ? into.present : into.gone);
  } else if (S_ISLNK(status.st_mode)
             || (S_ISREG(status.st_mode) && access(path.c_str(), R_OK) == 0
                 && static_cast<std::size_t>(status.st_size) <= max_blob)) {
    add(into.present);
  }
}

/// An entry of `diff-tree --raw -z`.
struct changed_entry {
  std::string_view old_mode;
  std::string_view old_name;
  std::string_view new_mode;
  std::string_view new_name;
  std::string_view path;
};

std::vector<changed_entry> changed_entries(std::string_view text) {
  std::vector<changed_entry> entries;
  const auto parts = split_at_nul(text);
  for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
    // ":<mode> <mode> <name> <name> <status>"
    auto fields = parts[i];
    auto next = [&fields] {
      const auto end = std::min(fields.find(' '), fields.size());
      const auto field = fields.substr(0, end);
      fields.remove_prefix(std::min(end + 1, fields.size()));
      return field;
    };
    if (fields.empty() || fields.front() != ':')
      break;
    fields.remove_prefix(1);
    changed_entry entry;
    entry.old_mode = next();
    entry.new_mode = next();
    entry.old_name = next();
    entry.new_name = next();
    entry.path = parts[i + 1];
    entries.push_back(entry);
  }
  return entries;
}

caf::expected<std::set<std::string, std::less<>>>
larger_blobs(const git& g, git_options options,
             const std::vector<changed_entry>& entries, std::size_t bound) {
  for (const auto& entry : entries)
    if (entry.new_mode.substr(0, 2) == "10")
      options.input.append(entry.new_name).push_back('\n');
  std::set<std::string, std::less<>> found;
  if (options.input.empty())
    return found;
  const auto sizes =
    g.run({"cat-file", "--batch-check=%(objectname) %(objectsize)"},
          std::move(options));
  if (!sizes)
    return sizes.error();
  for (std::string_view left = *sizes; !left.empty();) {
    const auto end = std::min(left.find('\n'), left.size());
    const auto line = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    const auto blank = std::min(line.find(' '), line.size());
    std::size_t size = 0;
    const auto digits = line.substr(std::min(blank + 1, line.size()));
    std::from_chars(digits.data(), digits.data() + digits.size(), size);
    if (size > bound)
      found.emplace(line.substr(0, blank));
  }
  return found;
}

} // namespace

caf::expected<std::string> write_worktree_tree(const git& g,
                                               const git_options& options,
                                               const std::string& base_tree,
                                               std::size_t max_blob) {
  // What git knows of the files' times stays, so only changed ones are read.
  auto done = g.run({"read-tree", "-m", base_tree}, options);
  if (!done)
    return done.error();
  const auto listed = g.run({"ls-files", "-z", "--modified", "--deleted",
                             "--others", "--exclude-standard"},
                            options);
  if (!listed)
    return listed.error();
  path_lists paths;
  for (const auto name : split_at_nul(*listed))
    sort_path(g.directory(), name, max_blob, paths);
  auto update = [&](std::vector<std::string> arguments, std::string& input) {
    if (input.empty())
      return true;
    auto with_input = options;
    with_input.input = std::move(input);
    done = g.run(std::move(arguments), std::move(with_input));
    return done.engaged();
  };
  if (!update({"update-index", "--force-remove", "-z", "--stdin"}, paths.gone)
      || !update(
        {"update-index", "--add", "--remove", "--replace", "-z", "--stdin"},
        paths.present))
    return done.error();
  return g.run({"write-tree"}, options);
}

caf::expected<bool> leave_out_large_blobs(const git& g,
                                          const git_options& options,
                                          const std::string& base_tree,
                                          const std::string& tree,
                                          std::size_t max_blob) {
  const auto changes = g.run({"diff-tree", "-r", "-z", "--raw", "--no-renames",
                              "--no-abbrev", base_tree, tree},
                             options);
  if (!changes)
    return changes.error();
  const auto entries = changed_entries(*changes);
  const auto large = larger_blobs(g, options, entries, max_blob);
  if (!large)
    return large.error();
  auto with_input = options;
  for (const auto& entry : entries) {
    if (large->count(entry.new_name) == 0)
      continue;
    // Mode 0 takes a path out of the index.
    const bool was_there = entry.old_mode != "000000";
    with_input.input.append(was_there ? entry.old_mode : "0")
      .append(" ")
      .append(entry.old_name)
      .append("\t")
      .append(entry.path)
      .push_back('\0');
  }
  if (with_input.input.empty())
    return false;
  auto done =
    g.run({"update-index", "-z", "--index-info"}, std::move(with_input));
  if (!done)
    return done.error();
  return true;
}

} // namespace agent_server
