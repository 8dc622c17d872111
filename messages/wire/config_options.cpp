#include "messages/wire/config_options.hpp"

#include "messages/wire/json_writer.hpp"

namespace agent_server {

select_option mode_option() {
  return {"mode", "Approval Preset",
          "mode", "Choose an approval and sandboxing preset for your session",
          {},     {}};
}

select_option model_option() {
  return {"model", "Model", "model", "Choose which model Claude should use",
          {},      {}};
}

select_option effort_option() {
  return {"effort",
          "Effort",
          "thought_level",
          "Controls how much effort Claude puts into its response",
          {},
          {}};
}

std::string to_json(const std::vector<select_option>& options) {
  json::writer out{2048};
  out.open_array();
  for (const auto& option : options) {
    out.open_object()
      .text("id", option.id)
      .text("name", option.name)
      .text("type", "select")
      .text("currentValue", option.current)
      .key("options")
      .open_array();
    for (const auto& choice : option.choices) {
      out.open_object().text("value", choice.value).text("name", choice.name);
      if (!choice.description.empty())
        out.text("description", choice.description);
      out.close_object();
    }
    out.close_array()
      .text("category", option.category)
      .text("description", option.description)
      .close_object();
  }
  return out.close_array().take();
}

} // namespace agent_server
