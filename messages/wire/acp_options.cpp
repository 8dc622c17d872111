#include "messages/wire/acp.hpp"
#include "messages/wire/config_options.hpp"
#include "messages/wire/json_reader.hpp"

namespace agent_server::acp {

namespace {

using rapidjson::Value;

/// Where an agent's `modes` and `models` objects keep what an option needs.
struct source_keys {
  std::string_view current;
  std::string_view available;
  std::string_view id;
};

/// The current value and the choices; false when the object has none.
bool read_choices(std::string_view text, const source_keys& keys,
                  select_option& option) {
  rapidjson::Document source;
  if (text.empty() || !json::read(source, text))
    return false;
  option.current = json::text_of(json::find(&source, keys.current));
  const auto* available = json::find(&source, keys.available);
  if (available == nullptr || !available->IsArray())
    return false;
  for (const auto& entry : available->GetArray())
    if (auto id = json::text_at(&entry, keys.id))
      option.choices.push_back(
        {*id, json::text_at(&entry, "name").value_or(*id),
         json::text_at(&entry, "description").value_or("")});
  return !option.choices.empty();
}

Value* find_option(rapidjson::Document& options, std::string_view id) {
  if (!options.IsArray())
    return nullptr;
  for (auto& option : options.GetArray())
    if (json::text_of(json::find(&option, "id")) == id)
      return &option;
  return nullptr;
}

} // namespace

std::string options_of_modes(std::string_view modes, std::string_view models) {
  std::vector<select_option> options;
  auto mode = mode_option();
  if (read_choices(modes, {"currentModeId", "availableModes", "id"}, mode))
    options.push_back(std::move(mode));
  auto model = model_option();
  model.description = "Choose which model the agent should use";
  if (read_choices(models, {"currentModelId", "availableModels", "modelId"},
                   model))
    options.push_back(std::move(model));
  return options.empty() ? std::string{} : to_json(options);
}

std::string with_current_value(std::string_view options,
                               std::string_view option,
                               std::string_view value) {
  rapidjson::Document document;
  if (!json::read(document, options))
    return std::string{options};
  auto* found = find_option(document, option);
  if (found == nullptr)
    return std::string{options};
  auto& allocator = document.GetAllocator();
  Value next{value.data(), static_cast<rapidjson::SizeType>(value.size()),
             allocator};
  if (auto* current = json::find(found, "currentValue"))
    *current = next;
  else
    found->AddMember("currentValue", next, allocator);
  return json::dump(document);
}

std::optional<std::string> option_category(std::string_view options,
                                           std::string_view option) {
  rapidjson::Document document;
  if (!json::read(document, options))
    return std::nullopt;
  const auto* found = find_option(document, option);
  if (found == nullptr)
    return std::nullopt;
  return json::text_at(found, "category").value_or("");
}

} // namespace agent_server::acp
