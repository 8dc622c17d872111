#include "messages/model_table.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace agent_server {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

std::string lower_case(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\n\v\f\r";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_blocked(std::string_view id) {
  return id == "gpt-5-mini" || id == "openai/gpt-5-mini";
}

/// `4-7` → `4.7`; a digit joins to one side only, as `4-5-2025` → `4.5-2025`.
std::string with_version_dots(std::string_view id) {
  std::string out;
  std::size_t at = 0;
  while (at < id.size()) {
    if (at + 2 < id.size() && is_digit(id[at]) && id[at + 1] == '-'
        && is_digit(id[at + 2])) {
      out += id[at];
      out += '.';
      out += id[at + 2];
      at += 3;
    } else {
      out += id[at++];
    }
  }
  return out;
}

/// The size in a suffix such as `[1m]`, as `1m`; empty when there is none.
std::string_view context_hint(std::string_view input) {
  const auto open = input.rfind('[');
  if (open == std::string_view::npos || input.back() != ']')
    return {};
  const auto hint = input.substr(open + 1, input.size() - open - 2);
  if (hint.size() < 2 || hint.back() != 'm'
      || !std::all_of(hint.begin(), hint.end() - 1, is_digit))
    return {};
  return hint;
}

/// The words of an input that may tell models apart.
std::vector<std::string> tokens_of(std::string_view input) {
  std::vector<std::string> tokens;
  std::string token;
  auto finish = [&] {
    const bool says_nothing =
      token.empty() || token == "claude" || token == "best"
      || token == "default"
      || std::all_of(token.begin(), token.end(), is_digit);
    if (!says_nothing)
      tokens.push_back(token == "opusplan" ? "opus" : std::move(token));
    token.clear();
  };
  for (const char c : input)
    if (is_alphanumeric(c))
      token += c;
    else
      finish();
  finish();
  return tokens;
}

} // namespace

std::optional<std::vector<std::string_view>>
known_efforts(std::string_view model) {
  if (model == "claude-opus-4-6" || model == "claude-opus-4-7")
    return {{"low", "medium", "high", "xhigh", "max"}};
  if (model == "claude-opus-4-5" || model == "claude-sonnet-4-6")
    return {{"low", "medium", "high"}};
  if (model == "claude-sonnet-4-5" || model == "claude-haiku-4-5")
    return std::vector<std::string_view>{};
  return std::nullopt;
}

std::string_view model_of_alias(std::string_view name) {
  struct alias {
    std::string_view name;
    std::string_view model;
  };
  static constexpr std::array aliases{
    alias{"opus", "claude-opus-4-7"},
    alias{"opusplan", "claude-opus-4-7"},
    alias{"sonnet", "claude-sonnet-4-6"},
    alias{"haiku", "claude-haiku-4-5"},
  };
  const auto wanted = lower_case(trimmed(name.substr(0, name.find('['))));
  for (const auto& each : aliases)
    if (each.name == wanted)
      return each.model;
  return {};
}

bool takes_mcp_servers(std::string_view model) {
  return model != "claude-haiku-4-5";
}

std::string model_display_name(std::string_view id) {
  for (const std::string_view vendor :
       {"anthropic/", "openai/", "google-vertex/"})
    if (starts_with(id, vendor)) {
      id.remove_prefix(vendor.size());
      break;
    }
  auto name = with_version_dots(id);
  bool at_start = true;
  for (auto& c : name) {
    if (c == '-' || c == '_') {
      c = ' ';
      at_start = true;
    } else if (std::exchange(at_start, false) && c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    }
  }
  return name;
}

bool is_anthropic(const model_info& model) {
  if (!model.owned_by.empty())
    return model.owned_by == "anthropic";
  return starts_with(model.id, "claude-")
         || starts_with(model.id, "anthropic/");
}

std::vector<model_info> offered_models(const std::vector<model_info>& all,
                                       bool anthropic_only) {
  std::vector<model_info> offered;
  for (const auto& model : all)
    if (!is_blocked(model.id) && (!anthropic_only || is_anthropic(model)))
      offered.push_back(model);
  return offered;
}

std::optional<std::string> resolve_model(
  std::string_view input,
  const std::vector<std::pair<std::string, std::string>>& value_and_name) {
  const auto wanted = trimmed(input);
  if (wanted.empty())
    return std::nullopt;
  for (const auto& [value, name] : value_and_name)
    if (value == wanted)
      return value;

  const auto folded = lower_case(wanted);
  std::vector<std::pair<std::string, std::string>> options;
  options.reserve(value_and_name.size());
  for (const auto& [value, name] : value_and_name)
    options.emplace_back(lower_case(value), lower_case(name));
  auto first_where = [&](auto matches) -> std::optional<std::string> {
    for (std::size_t i = 0; i < options.size(); ++i)
      if (matches(options[i].first, options[i].second))
        return value_and_name[i].first;
    return std::nullopt;
  };
  if (auto same = first_where([&](const auto& value, const auto& name) {
        return value == folded || name == folded;
      }))
    return same;
  if (auto part = first_where([&](const auto& value, const auto& name) {
        return value.find(folded) != std::string::npos
               || name.find(folded) != std::string::npos
               || (!value.empty() && folded.find(value) != std::string::npos);
      }))
    return part;

  constexpr int hint_score = 3;
  const auto hint = context_hint(folded);
  const auto tokens = tokens_of(
    hint.empty()
      ? std::string_view{folded}
      : std::string_view{folded}.substr(0, folded.size() - hint.size() - 2));
  int best_score = 0;
  std::optional<std::string> best;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const auto text = options[i].first + ' ' + options[i].second;
    int score = 0;
    for (const auto& token : tokens)
      if (text.find(token) != std::string::npos)
        ++score;
    if (!hint.empty() && text.find(hint) != std::string::npos)
      score += hint_score;
    if (score > best_score) {
      best_score = score;
      best = value_and_name[i].first;
    }
  }
  return best;
}

} // namespace agent_server
