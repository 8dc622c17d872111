#include "messages/wire/model_catalog.hpp"

#include "messages/error.hpp"
#include "messages/model_table.hpp"
#include "messages/wire/config_options.hpp"
#include "messages/wire/json_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace agent_server {

namespace {

constexpr std::string_view fallback_mode = "default";
constexpr std::string_view fallback_effort = "high";
constexpr std::string_view initial_effort = "medium";

std::vector<option_choice> mode_choices(bool bypass_allowed) {
  std::vector<option_choice> choices{
    {"default", "Default",
     "Standard behavior, prompts for dangerous operations"},
    {"acceptEdits", "Accept Edits", "Auto-accept file edit operations"},
    {"plan", "Plan Mode", "Planning mode, no actual tool execution"},
  };
  if (bypass_allowed) {
    choices.push_back({"bypassPermissions", "Bypass Permissions",
                       "Auto-accept all permission requests"});
    choices.push_back(
      {"auto", "Auto Mode",
       "Use a model classifier to approve/deny permission prompts"});
  }
  return choices;
}

std::string effort_name(std::string_view effort) {
  static constexpr std::array<std::pair<std::string_view, const char*>, 5>
    names{{{"low", "Low"},
           {"medium", "Medium"},
           {"high", "High"},
           {"xhigh", "Extra High"},
           {"max", "Max"}}};
  for (const auto& [value, name] : names)
    if (value == effort)
      return name;
  return std::string{effort};
}

std::vector<option_choice> effort_choices(std::string_view model) {
  std::vector<option_choice> choices;
  for (const auto effort :
       known_efforts(model).value_or(std::vector<std::string_view>{}))
    choices.push_back({std::string{effort}, effort_name(effort), {}});
  return choices;
}

/// `1000000` → `1,000,000`.
std::string grouped(std::int64_t number) {
  auto digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0;
       at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

std::vector<option_choice> model_choices(const catalog_options& options) {
  std::vector<option_choice> choices;
  if (options.offered != nullptr)
    for (const auto& model : offered_models(*options.offered, true)) {
      const auto tokens = model.context_window > 0 ? model.context_window
                                                   : default_context_window;
      choices.push_back({model.id, model_display_name(model.id),
                         "Context: " + grouped(tokens) + " tokens"});
    }
  const bool listed =
    std::any_of(choices.begin(), choices.end(), [&](const auto& choice) {
      return choice.value == options.model;
    });
  if (!listed)
    choices.insert(choices.begin(),
                   {options.model, options.model, "Custom model"});
  return choices;
}

bool contains(const std::vector<option_choice>& choices,
              std::string_view value) {
  return std::any_of(choices.begin(), choices.end(),
                     [&](const auto& choice) { return choice.value == value; });
}

/// What to show for a stored value that may not be on offer.
std::string shown(const std::vector<option_choice>& choices,
                  std::string_view stored, std::string_view fallback) {
  return std::string{contains(choices, stored) ? stored : fallback};
}

struct resolved_value {
  std::vector<option_choice> choices;
  /// The canonical value; empty: the value is not acceptable.
  std::string value;
};

/// No value when there is no such option.
std::optional<resolved_value> resolve(const catalog_options& options,
                                      std::string_view option,
                                      std::string_view value) {
  resolved_value out;
  if (option == "mode")
    out.choices = mode_choices(options.bypass_allowed);
  else if (option == "model")
    out.choices = model_choices(options);
  else if (option == "effort")
    out.choices = effort_choices(options.model);
  if (out.choices.empty())
    return std::nullopt;
  if (contains(out.choices, value)) {
    out.value = value;
  } else if (option == "model") {
    std::vector<std::pair<std::string, std::string>> candidates;
    candidates.reserve(out.choices.size());
    for (const auto& choice : out.choices)
      candidates.emplace_back(choice.value, choice.name);
    out.value = resolve_model(value, candidates).value_or("");
  }
  return out;
}

std::int64_t token_count(const rapidjson::Value* value) {
  if (value == nullptr || !value->IsNumber())
    return 0;
  if (value->IsInt64())
    return std::max<std::int64_t>(0, value->GetInt64());
  constexpr double bound = 1e15; // beyond it, not a count of tokens
  const auto count = value->GetDouble();
  return count > 0 && count < bound ? static_cast<std::int64_t>(count) : 0;
}

} // namespace

caf::expected<std::vector<model_info>> parse_models(std::string_view body) {
  rapidjson::Document document;
  if (!json::read(document, body))
    return make_failure(ec::gateway_failed,
                        "the gateway's model list is not JSON");
  const auto* data = json::find(&document, "data");
  if (data == nullptr || !data->IsArray())
    return make_failure(ec::gateway_failed,
                        "the gateway's model list has no array `data`");
  std::vector<model_info> models;
  for (const auto& entry : data->GetArray())
    if (auto id = json::text_of(json::find(&entry, "id")); !id.empty())
      models.push_back(
        {std::string{id},
         std::string{json::text_of(json::find(&entry, "owned_by"))},
         token_count(json::find(&entry, "context_window"))});
  if (models.empty())
    return make_failure(ec::gateway_failed,
                        "the gateway's model list is empty");
  return models;
}

std::string catalog_options::to_json() const {
  std::vector<select_option> options;
  auto mode_entry = mode_option();
  mode_entry.choices = mode_choices(bypass_allowed);
  mode_entry.current = shown(mode_entry.choices, mode, fallback_mode);
  options.push_back(std::move(mode_entry));

  auto model_entry = model_option();
  model_entry.choices = model_choices(*this);
  model_entry.current = model;
  options.push_back(std::move(model_entry));

  auto effort_entry = effort_option();
  effort_entry.choices = effort_choices(model);
  if (!effort_entry.choices.empty()) {
    effort_entry.current =
      shown(effort_entry.choices, effort,
            effort.empty() ? initial_effort : fallback_effort);
    options.push_back(std::move(effort_entry));
  }
  return agent_server::to_json(options);
}

caf::error catalog_options::set(std::string_view option,
                                std::string_view value) {
  auto resolved = resolve(*this, option, value);
  if (!resolved)
    return make_failure(ec::invalid_params,
                        "Unknown config option: " + std::string{option});
  if (resolved->value.empty())
    return make_failure(ec::invalid_params, "Invalid value for config option "
                                              + std::string{option} + ": "
                                              + std::string{value});
  if (option == "mode") {
    mode = std::move(resolved->value);
  } else if (option == "effort") {
    effort = std::move(resolved->value);
  } else {
    model = std::move(resolved->value);
    const auto efforts = effort_choices(model);
    if (efforts.empty())
      effort.clear();
    else if (!effort.empty())
      effort = shown(efforts, effort, fallback_effort);
  }
  return {};
}

bool catalog_options::accepts(std::string_view option,
                              std::string_view value) const {
  const auto resolved = resolve(*this, option, value);
  return resolved && !resolved->value.empty();
}

std::string initial_claude_model(std::string_view from_settings,
                                 std::string_view from_environment,
                                 const model_list& offered) {
  const auto wanted = !from_settings.empty() ? from_settings : from_environment;
  if (wanted.empty())
    return std::string{default_claude_model};
  std::string id{wanted};
  const auto listed = [&] {
    if (offered == nullptr)
      return false;
    const auto models = offered_models(*offered, true);
    return std::any_of(models.begin(), models.end(),
                       [&](const auto& model) { return model.id == id; });
  };
  if (is_anthropic({id, {}, 0}) || listed())
    return id;
  if (const auto meant = model_of_alias(wanted); !meant.empty())
    return std::string{meant};
  return std::string{default_claude_model};
}

} // namespace agent_server
