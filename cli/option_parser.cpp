#include "cli/option_parser.hpp"

#define CXXOPTS_NO_REGEX 1
#include <array>
#include <cxxopts.hpp>
#include <optional>

namespace agent_server {

namespace {

std::string shown(const option_spec& spec) {
  return "'--" + spec.name + " <" + spec.argument + ">'";
}

cxxopts::Options library_options(const option_set& set) {
  cxxopts::Options result{set.command, set.summary};
  result.custom_help("[options]");
  result.set_width(80);
  auto add = result.add_options();
  for (const auto& spec : set.options)
    if (spec.argument.empty())
      add(spec.name, spec.help);
    else
      add(spec.name, spec.help, cxxopts::value<std::string>(),
          "<" + spec.argument + ">");
  add("h,help", "Show this text and exit");
  return result;
}

// Gives the library one option at a time. It reports an error without the word
// that caused it, and not in the order in which callers know the errors.
class word_reader {
public:
  explicit word_reader(const option_set& set)
    : set_(set), library_(library_options(set)) {}

  // Reads an option and its value; returns how many words it took. 0: the
  // value is missing.
  int read(const char* const* words, int count) {
    const int wanted = value_follows(*words) ? 2 : 1;
    if (wanted > count)
      return 0;
    try {
      take(words, wanted);
    } catch (const cxxopts::exceptions::exception&) {
      if (unknown_.empty())
        unknown_ = *words;
    }
    return wanted;
  }

  const option_spec& spec_of(std::string_view word) const {
    for (const auto& spec : set_.options)
      if (word.substr(2) == spec.name)
        return spec;
    return set_.options.front();
  }

  std::string help() const { return library_.help() + set_.epilogue; }
  const std::string& unknown() const { return unknown_; }
  option_values& values() { return values_; }

private:
  bool value_follows(std::string_view word) const {
    for (const auto& spec : set_.options)
      if (!spec.argument.empty() && word == "--" + spec.name)
        return true;
    return false;
  }

  void take(const char* const* words, int count) {
    const std::array<const char*, 3> line{"", words[0],
                                          count > 1 ? words[1] : nullptr};
    const auto result = library_.parse(count + 1, line.data());
    for (const auto& option : result.arguments())
      values_.insert_or_assign(option.key(), option.value());
  }

  const option_set& set_;
  cxxopts::Options library_;
  option_values values_;
  std::string unknown_;
};

std::optional<early_exit> check(const option_set& set, word_reader& reader,
                                int operands) {
  if (reader.values().count("help") != 0)
    return early_exit{0, reader.help(), {}};
  if (reader.values().count("version") != 0)
    return early_exit{0, "agent-server " AGENT_SERVER_VERSION "\n", {}};
  for (const auto& spec : set.options)
    if (spec.required && reader.values().count(spec.name) == 0)
      return refuse("error: required option " + shown(spec) + " not specified");
  if (!reader.unknown().empty())
    return refuse("error: unknown option '" + reader.unknown() + "'");
  if (operands > 0)
    return refuse("error: too many arguments. Expected 0 arguments but got "
                  + std::to_string(operands) + ".");
  return std::nullopt;
}

} // namespace

std::variant<option_values, early_exit> parse_options(const option_set& set,
                                                      int argc,
                                                      const char* const* argv,
                                                      int first) {
  word_reader reader{set};
  int operands = 0;
  for (int i = first; i < argc;) {
    const std::string_view word = argv[i];
    if (word == "--") {
      operands += argc - i - 1;
      break;
    }
    if (word.size() < 2 || word.front() != '-') {
      ++operands;
      ++i;
      continue;
    }
    const auto taken = reader.read(argv + i, argc - i);
    if (taken == 0)
      return refuse("error: option " + shown(reader.spec_of(word))
                    + " argument missing");
    i += taken;
  }
  if (auto exit = check(set, reader, operands))
    return *std::move(exit);
  return std::move(reader.values());
}

const std::string* find(const option_values& values, std::string_view name) {
  const auto found = values.find(name);
  return found != values.end() ? &found->second : nullptr;
}

} // namespace agent_server
