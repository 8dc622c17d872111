#include "messages/wire/claude/plan_file.hpp"

#include "messages/wire/json_reader.hpp"

namespace agent_server::claude {

plan_file::plan_file(std::string directory)
  : directory_(std::move(directory)) {}

void plan_file::note(std::string_view tool_name, std::string_view input) {
  if (directory_.empty() || (tool_name != "Write" && tool_name != "Edit"))
    return;
  rapidjson::Document document;
  if (!json::read(document, input))
    return;
  const auto path = json::text_of(json::find(document, {"file_path"}));
  if (path.substr(0, directory_.size() + 1) != directory_ + "/")
    return;
  if (tool_name == "Write") {
    path_ = path;
    text_ = json::text_of(json::find(document, {"content"}));
    return;
  }
  if (path != path_)
    return;
  const auto old_text = json::text_of(json::find(document, {"old_string"}));
  const auto new_text = json::text_of(json::find(document, {"new_string"}));
  if (const auto at = text_.find(old_text);
      !old_text.empty() && at != std::string::npos)
    text_.replace(at, old_text.size(), new_text);
}

} // namespace agent_server::claude
