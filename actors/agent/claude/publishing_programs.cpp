#include "actors/agent/claude/publishing_programs.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace agent_server::claude {

namespace {

/// A command and its sub-command; an empty one is any.
struct action {
  std::string_view group;
  std::string_view name;
};

constexpr std::array<action, 8> git_actions{{
  {"push", ""},
  {"send-pack", ""},
  {"http-push", ""},
  {"subtree", "push"},
  {"lfs", "push"},
  {"svn", "dcommit"},
  {"p4", "submit"},
  {"pull-request", ""}, // hub
}};

constexpr std::array<action, 7> gh_actions{{
  {"pr", "create"},
  {"pr", "new"},
  {"pr", "edit"},
  {"pr", "ready"},
  {"pr", "merge"},
  {"pr", "revert"},
  {"pr", "update-branch"},
}};

constexpr std::array<action, 7> glab_actions{{
  {"mr", "create"},
  {"mr", "new"},
  {"mr", "for"},
  {"mr", "update"},
  {"mr", "merge"},
  {"mr", "accept"},
  {"mr", "rebase"},
}};

constexpr std::array<std::string_view, 8> git_value_options{
  "-C",           "-c",           "--git-dir",
  "--work-tree",  "--namespace",  "--super-prefix",
  "--config-env", "--attr-source"};

/// How a client says what an API call sends.
struct api_client {
  std::string_view body_letters;
  /// Other short options with a value.
  std::string_view value_letters;
  std::string_view body_names; // blank at both ends of each
};
constexpr api_client forge_client{"fF", "HqtpR",
                                  " --field --raw-field --input "};
constexpr api_client curl_client{
  "dFT", "HouAebcmwxEKCDyYzrtPQU",
  " --data --data-raw --data-binary --data-ascii --data-urlencode --json "
  "--form --form-string --upload-file "};

/// GraphQL mutations of GitHub and GitLab that publish.
constexpr std::array<std::string_view, 13> publishing_mutations{
  "createPullRequest",
  "updatePullRequest",
  "mergePullRequest",
  "markPullRequestReadyForReview",
  "enablePullRequestAutoMerge",
  "revertPullRequest",
  "createCommitOnBranch",
  "createRef",
  "updateRef",
  "mergeBranch",
  "mergeRequestCreate",
  "mergeRequestUpdate",
  "mergeRequestAccept",
};

template <class List>
bool contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool starts_with(std::string_view text, std::string_view begin) {
  return text.substr(0, begin.size()) == begin;
}

bool is_option(std::string_view word) {
  return word.size() > 1 && word[0] == '-';
}

published publishes(std::string what) {
  return {std::move(what), {}};
}

published runs(std::string script) {
  return {{}, std::move(script)};
}

/// The first two words that are neither options nor values of `-R`/`--repo`.
std::pair<std::string_view, std::string_view> operands_of(word_list words) {
  std::vector<std::string_view> found;
  for (std::size_t i = 0; i < words.size() && found.size() < 2; ++i) {
    if (words[i] == "-R" || words[i] == "--repo")
      ++i;
    else if (!is_option(words[i]))
      found.emplace_back(words[i]);
  }
  found.resize(2);
  return {found[0], found[1]};
}

std::size_t git_options(word_list words,
                        std::vector<std::string_view>& settings) {
  std::size_t i = 0;
  for (; i < words.size() && is_option(words[i]); ++i) {
    const bool has_value = contains(git_value_options, words[i]);
    if (!has_value)
      continue;
    if (words[i] == "-c" && i + 1 < words.size())
      settings.emplace_back(words[i + 1]);
    ++i;
  }
  return std::min(i, words.size());
}

/// The value of an alias that the command line itself sets; empty: none.
std::string alias_of(std::string_view name,
                     const std::vector<std::string_view>& settings) {
  const auto key = "alias." + std::string{name} + "=";
  for (const auto setting : settings)
    if (starts_with(setting, key))
      return std::string{setting.substr(key.size())};
  return {};
}

/// The commands that `git rebase` runs after each commit.
std::string rebase_script(word_list words) {
  std::string script;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if ((word == "-x" || word == "--exec") && i + 1 < words.size())
      script += words[++i] + "\n";
    else if (starts_with(word, "--exec="))
      script.append(word.substr(7)).push_back('\n');
    else if (starts_with(word, "-x"))
      script.append(word.substr(2)).push_back('\n');
  }
  return script;
}

/// What follows `command` without its options.
std::string script_behind(std::string_view command, word_list words) {
  auto at = std::find(words.begin(), words.end(), command);
  if (at == words.end())
    return {};
  ++at;
  at = std::find_if_not(at, words.end(), is_option);
  return join_words({at, words.end()});
}

published by_git(word_list words) {
  std::vector<std::string_view> settings;
  words = words.subspan(git_options(words, settings));
  if (words.empty())
    return {};
  const std::string name = words.front();
  const auto rest = words.subspan(1);
  if (auto alias = alias_of(name, settings); !alias.empty()) {
    if (alias[0] == '!')
      return runs(alias.substr(1) + " " + join_words(rest));
    return runs("git " + alias + " " + join_words(rest));
  }
  for (const auto& each : git_actions)
    if (each.group == name && (each.name.empty() || contains(rest, each.name)))
      return publishes("git " + name + (each.name.empty() ? "" : " ")
                       + std::string{each.name});
  if (name == "submodule")
    return runs(script_behind("foreach", rest));
  if (name == "bisect")
    return runs(script_behind("run", rest));
  if (name == "rebase")
    return runs(rebase_script(rest));
  return {};
}

/// What the options of an API call say of it.
class api_options {
public:
  explicit api_options(const api_client& client) : client_(client) {}

  bool write(word_list words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string_view word = words[i];
      const std::string_view next =
        i + 1 < words.size() ? std::string_view{words[i + 1]} : "";
      if (starts_with(word, "--"))
        take_long(word, next);
      else if (is_option(word))
        take_short(word.substr(1), next);
    }
    for (auto& c : method_)
      c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return method_.empty() ? has_body_ : method_ != "GET" && method_ != "HEAD";
  }

private:
  void take_long(std::string_view option, std::string_view next) {
    const auto equals = option.find('=');
    const auto name = std::string{option.substr(0, equals)};
    if (name == "--method" || name == "--request")
      method_ =
        equals == std::string_view::npos ? next : option.substr(equals + 1);
    else if (client_.body_names.find(" " + name + " ")
             != std::string_view::npos)
      has_body_ = true;
  }

  // A cluster: the first letter with a value ends it.
  void take_short(std::string_view letters, std::string_view next) {
    for (std::size_t i = 0; i < letters.size(); ++i) {
      const auto letter = letters[i];
      if (letter == 'X')
        method_ = i + 1 < letters.size() ? letters.substr(i + 1) : next;
      else if (client_.body_letters.find(letter) != std::string_view::npos)
        has_body_ = true;
      else if (client_.value_letters.find(letter) == std::string_view::npos)
        continue;
      return;
    }
  }

  const api_client& client_;
  std::string method_;
  bool has_body_ = false;
};

std::vector<std::string_view> path_segments(std::string_view endpoint) {
  std::vector<std::string_view> segments;
  endpoint = endpoint.substr(0, endpoint.find_first_of("?#"));
  while (!endpoint.empty()) {
    const auto end = std::min(endpoint.find('/'), endpoint.size());
    if (end > 0)
      segments.push_back(endpoint.substr(0, end));
    endpoint.remove_prefix(std::min(end + 1, endpoint.size()));
  }
  return segments;
}

/// Whether writing to an endpoint of GitHub or GitLab publishes: pull requests
/// themselves (not what is said about them), refs, commits and files.
bool is_publishing_endpoint(std::string_view endpoint) {
  constexpr std::array<std::string_view, 2> roots{"repos", "projects"};
  constexpr std::array<std::string_view, 4> contents{"git", "contents",
                                                     "merges", "repository"};
  constexpr std::array<std::string_view, 4> pull_actions{
    "merge", "update-branch", "rebase", "ready_for_review"};
  const auto segments = path_segments(endpoint);
  auto at = std::find_if(segments.begin(), segments.end(),
                         [&](auto each) { return contains(roots, each); });
  if (at == segments.end())
    return false;
  // A repository's name may be any word.
  const auto name_length = *at == "repos" ? 2 : 1;
  if (segments.end() - at <= name_length + 1)
    return false;
  for (at += name_length + 1; at != segments.end(); ++at) {
    if (*at == "pulls" || *at == "merge_requests") {
      const auto rest = segments.end() - at - 1;
      return rest <= 1 || contains(pull_actions, *(at + 2));
    }
    if (contains(contents, *at) && segments.end() - at > 1)
      return true;
  }
  return false;
}

bool publishes_through_api(const api_client& client, word_list words) {
  const auto mutates = [](std::string_view word) {
    return std::any_of(
      publishing_mutations.begin(), publishing_mutations.end(),
      [&](auto name) { return word.find(name) != std::string_view::npos; });
  };
  if (std::any_of(words.begin(), words.end(), [](std::string_view word) {
        const auto segments = path_segments(word);
        return !segments.empty() && segments.back() == "graphql";
      }))
    return std::any_of(words.begin(), words.end(), mutates);
  return api_options{client}.write(words)
         && std::any_of(words.begin(), words.end(), is_publishing_endpoint);
}

template <class Actions>
published by_forge_client(const std::string& program, const Actions& actions,
                          word_list words) {
  const auto [group, name] = operands_of(words);
  for (const auto& each : actions)
    if (each.group == group && each.name == name)
      return publishes(program + " " + std::string{group} + " "
                       + std::string{name});
  if (group == "api" && publishes_through_api(forge_client, words))
    return publishes("a writing " + program + " api call");
  if (group == "repo" && name == "create" && contains(words, "--push"))
    return publishes(program + " repo create --push");
  return {};
}

} // namespace

std::string join_words(word_list words) {
  std::string text;
  for (const auto& word : words)
    text += (text.empty() ? "" : " ") + word;
  return text;
}

published published_by(std::string_view program, word_list arguments) {
  if (program == "gh")
    return by_forge_client("gh", gh_actions, arguments);
  if (program == "glab")
    return by_forge_client("glab", glab_actions, arguments);
  if (program == "curl")
    return publishes_through_api(curl_client, arguments)
             ? publishes("a writing request to the forge's API")
             : published{};
  if (program == "hub" && !arguments.empty() && arguments.front() == "api")
    return publishes_through_api(forge_client, arguments)
             ? publishes("a writing hub api call")
             : published{};
  if (program == "git" || program == "hub")
    return by_git(arguments);
  if (starts_with(program, "git-")) {
    std::vector<std::string> words{std::string{program.substr(4)}};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return by_git(words);
  }
  return {};
}

} // namespace agent_server::claude
