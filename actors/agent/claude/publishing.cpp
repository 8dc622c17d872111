#include "actors/agent/claude/publishing.hpp"

#include "actors/agent/claude/publishing_programs.hpp"
#include "actors/agent/claude/shell_commands.hpp"
#include "messages/wire/claude/tool_input.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace agent_server::claude {

namespace {

/// Scripts inside scripts (`bash -c "bash -c …"`).
constexpr int max_depth = 16;

/// MCP tools that publish, by the last part of their names.
constexpr std::array<std::string_view, 12> publishing_tools{
  "create_pull_request",  "update_pull_request",
  "merge_pull_request",   "update_pull_request_branch",
  "push_files",           "create_or_update_file",
  "create_branch",        "delete_file",
  "create_merge_request", "update_merge_request",
  "accept_merge_request", "merge_merge_request",
};

/// A program that runs the command in its arguments.
struct runner {
  std::string_view name;
  /// Options with a value of their own: short letters, then long names.
  std::string_view short_options;
  std::string_view long_options; // blank at both ends of each
  /// Operands before the command.
  std::size_t operands = 0;
};

constexpr std::array<runner, 20> runners{{
  {"env", "uCP", " --unset --chdir "},
  {"sudo", "ugpCDRTrthU", " --user --group --prompt --chdir --host "},
  {"doas", "uC", ""},
  {"command", "", ""},
  {"builtin", "", ""},
  {"exec", "a", ""},
  {"nohup", "", ""},
  {"nice", "n", " --adjustment "},
  {"ionice", "cnp", " --class --classdata "},
  {"timeout", "ks", " --kill-after --signal ", 1},
  {"time", "of", " --output --format "},
  {"stdbuf", "ioe", " --input --output --error "},
  {"setsid", "", ""},
  {"xargs", "ILnPsadE",
   " --replace --max-args --max-procs --delimiter "
   "--arg-file --max-lines --max-chars "},
  {"parallel", "jIaSN", " --jobs --arg-file --sshlogin "},
  {"watch", "n", " --interval "},
  {"flock", "wE", " --timeout ", 1},
  {"busybox", "", ""},
  {"unbuffer", "", ""},
  {"chronic", "", ""},
}};

constexpr std::array<std::string_view, 7> shells{"sh",  "bash", "zsh", "dash",
                                                 "ksh", "ash",  "fish"};

template <class List>
bool contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool is_option(std::string_view word) {
  return word.size() > 1 && word[0] == '-';
}

/// `-lc`, `-c`: a cluster of short options with this one.
bool has_short_option(std::string_view word, char letter) {
  return is_option(word) && word[1] != '-'
         && word.find(letter) != std::string_view::npos;
}

bool takes_value(const runner& program, std::string_view option) {
  if (option.substr(0, 2) == "--")
    return option.find('=') == std::string_view::npos
           && program.long_options.find(" " + std::string{option} + " ")
                != std::string_view::npos;
  // A value that is not glued to its letter is the next word.
  return program.short_options.find(option.back()) != std::string_view::npos;
}

bool is_assignment(std::string_view word) {
  return word.find('=') != std::string_view::npos && word.find('=') > 0;
}

class detector {
public:
  explicit detector(int depth) : depth_(depth) {}

  std::string script(std::string_view text) const {
    // What is hidden that deep is hidden on purpose.
    if (depth_ >= max_depth)
      return "a command nested too deep to be read";
    const detector inner{depth_ + 1};
    const auto commands = read_shell_commands(text);
    for (const auto& each : commands) {
      auto input = each.input;
      if (each.reads_from)
        input += output_of(commands[*each.reads_from]);
      if (auto found = inner.command(each.words, input); !found.empty())
        return found;
    }
    return {};
  }

private:
  /// What a command prints, where that is plain from its words.
  static std::string output_of(const shell_command& command) {
    const auto name = base_name(command.words.front());
    if (name == "cat" || name == "tee")
      return command.input;
    if (name != "echo" && name != "printf")
      return {};
    auto words = word_list{command.words}.subspan(1);
    while (!words.empty() && is_option(words.front()))
      words = words.subspan(1);
    auto text = join_words(words);
    // Escapes for a new line.
    for (auto at = text.find("\\n"); at != std::string::npos;
         at = text.find("\\n", at))
      text.replace(at, 2, "\n");
    return text;
  }

  std::string command(word_list words, std::string_view input) const {
    // An unknown variable may well be empty.
    while (!words.empty() && !words.front().empty()
           && (words.front()[0] == '$' || is_assignment(words.front())))
      words = words.subspan(1);
    if (words.empty() || depth_ >= max_depth)
      return {};
    const auto name = base_name(words.front());
    const auto arguments = words.subspan(1);
    if (contains(shells, name))
      return shell(arguments, input);
    if (const auto* program =
          std::find_if(runners.begin(), runners.end(),
                       [&](const runner& each) { return each.name == name; });
        program != runners.end())
      return run(*program, arguments, input);
    if (name == "eval")
      return script(join_words(arguments));
    if (name == "find")
      return find(arguments);
    if (name == "alias" || name == "trap" || name == "su" || name == "runuser"
        || name == "script")
      return scripts_among(arguments);
    const auto seen = published_by(name, arguments);
    if (!seen.script.empty())
      return script(seen.script);
    return seen.what;
  }

  std::string shell(word_list arguments, std::string_view input) const {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (!is_option(arguments[i]))
        return {}; // a file
      if (has_short_option(arguments[i], 'c')) {
        while (++i < arguments.size() && is_option(arguments[i])) {
        }
        return i < arguments.size() ? script(arguments[i]) : "";
      }
      if (has_short_option(arguments[i], 'o'))
        ++i;
      else if (has_short_option(arguments[i], 's'))
        break;
    }
    return script(input);
  }

  std::string run(const runner& program, word_list words,
                  std::string_view input) const {
    while (!words.empty() && is_option(words.front())) {
      const std::string_view option = words.front();
      words = words.subspan(1);
      if (option == "--")
        break;
      if (program.name == "env"
          && (option == "-S" || option == "--split-string"))
        return script(join_words(words));
      if (program.name == "command"
          && (has_short_option(option, 'v') || has_short_option(option, 'V')))
        return {}; // only asks for the path
      if (program.name == "flock" && option == "-c")
        return script(join_words(words));
      if (takes_value(program, option) && !words.empty())
        words = words.subspan(1);
    }
    words = words.subspan(std::min(program.operands, words.size()));
    if (program.name == "flock" && !words.empty() && words.front() == "-c")
      return script(join_words(words.subspan(1)));
    // One argument may be a whole script.
    if (program.name == "watch" || program.name == "parallel")
      return script(join_words(words));
    if (program.name != "xargs")
      return command_one_deeper(words, input);
    std::vector<std::string> extended{words.begin(), words.end()};
    for (const auto& each : read_shell_commands(input))
      extended.insert(extended.end(), each.words.begin(), each.words.end());
    return command_one_deeper(extended, {});
  }

  std::string command_one_deeper(word_list words,
                                 std::string_view input) const {
    return detector{depth_ + 1}.command(words, input);
  }

  std::string find(word_list words) const {
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i] != "-exec" && words[i] != "-execdir" && words[i] != "-ok"
          && words[i] != "-okdir")
        continue;
      const auto rest = words.subspan(i + 1);
      const auto end = std::find(rest.begin(), rest.end(), ";");
      const auto length = static_cast<std::size_t>(end - rest.begin());
      if (auto found = command_one_deeper(rest.subspan(0, length), {});
          !found.empty())
        return found;
      i += length;
    }
    return {};
  }

  /// Arguments that are scripts, or `NAME=script`.
  std::string scripts_among(word_list arguments) const {
    for (std::string_view each : arguments) {
      const auto blank = each.find(' ');
      const auto equals = each.find('=');
      if (equals != std::string_view::npos && equals < blank)
        each.remove_prefix(equals + 1);
      if (auto found = script(each); !found.empty())
        return found;
    }
    return {};
  }

  int depth_;
};

bool runs_shell_commands(std::string_view tool_name) {
  std::string name{tool_name};
  for (auto& c : name)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name.find("bash") != std::string::npos || name == "monitor"
         || name == "powershell";
}

} // namespace

std::string publishing_call(std::string_view tool_name,
                            std::string_view input) {
  if (runs_shell_commands(tool_name))
    return publishing_command(input_text(input, "command"));
  if (tool_name.substr(0, 5) != "mcp__")
    return {};
  const auto last = tool_name.rfind("__");
  return contains(publishing_tools, tool_name.substr(last + 2))
           ? std::string{tool_name}
           : "";
}

std::string publishing_command(std::string_view script) {
  return detector{0}.script(script);
}

} // namespace agent_server::claude
