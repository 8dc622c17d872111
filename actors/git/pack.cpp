#include "actors/git/pack.hpp"

#include <sstream>
#include <string_view>

namespace agent_server {

namespace {

// A pack may take longer than other calls.
constexpr std::chrono::seconds pack_limit{60};

std::string quoted_path(const std::string& path) {
  std::string out = "\"";
  for (const char c : path) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + "\"";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

/// Commits that the other side has, one a line behind `^`; those that are not
/// here would only make the pack fail.
std::string known_elsewhere(const git& g, const std::string& upstream_head) {
  auto names = g.ask({"for-each-ref", "--format=%(objectname)", "refs/remotes"})
                 .value_or("");
  if (is_object_name(upstream_head))
    names += "\n" + upstream_head;
  git_options options;
  options.input = names + "\n";
  const auto checked =
    g.ask({"cat-file", "--batch-check=%(objectname) %(objecttype)"},
          std::move(options))
      .value_or("");
  std::string result;
  for (const auto& line : lines_of(checked)) {
    const auto name = line.substr(0, line.find(' '));
    if (is_object_name(name) && line.substr(name.size()) == " commit")
      result += "^" + name + "\n";
  }
  return result;
}

// A commit that is left out leaves its files out only where it is the parent of
// one that is packed, so they are named.
std::string without(std::string_view commit) {
  const auto name = "^" + std::string{commit};
  return name + "\n" + name + "^{tree}\n";
}

/// The commits at which the history of `head` meets what is known elsewhere:
/// their files need not be packed either.
std::string meeting_points(const git& g, const std::string& head,
                           const std::string& known) {
  if (known.empty() || !is_object_name(head))
    return {};
  git_options options;
  options.input = head + "\n" + known;
  const auto walked =
    g.ask({"rev-list", "--boundary", "--stdin"}, std::move(options));
  if (!walked)
    return {};
  if (walked->empty())
    return without(head);
  std::string result;
  for (const auto& line : lines_of(*walked))
    if (line.front() == '-')
      result += without(std::string_view{line}.substr(1));
  return result;
}

} // namespace

object_store::object_store(std::string directory,
                           const std::string& common_directory)
  : directory_(std::move(directory)),
    others_(quoted_path(common_directory + "/objects")) {}

std::vector<std::pair<std::string, std::string>>
object_store::environment() const {
  return {{"GIT_OBJECT_DIRECTORY", directory_},
          {"GIT_ALTERNATE_OBJECT_DIRECTORIES", others_}};
}

caf::expected<std::string> write_pack(const git& g, const object_store& objects,
                                      const std::vector<std::string>& wanted,
                                      const std::string& upstream_head,
                                      const std::string& base_path) {
  git_options options;
  options.environment = objects.environment();
  options.limit = pack_limit;
  for (const auto& name : wanted)
    if (!name.empty())
      options.input += name + "\n";
  const auto known = known_elsewhere(g, upstream_head);
  options.input += known + meeting_points(g, wanted.front(), known);
  auto hash =
    g.run({"pack-objects", "-q", "--revs", base_path}, std::move(options));
  if (!hash)
    return hash.error();
  return base_path + "-" + *hash + ".pack";
}

} // namespace agent_server
