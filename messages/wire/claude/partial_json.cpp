#include "messages/wire/claude/partial_json.hpp"

#include "messages/wire/json_reader.hpp"

namespace agent_server::claude {

bool partial_object::append(std::string_view piece) {
  if (given_up_)
    return false;
  if (text_.size() + piece.size() > max_size) {
    given_up_ = true;
    return false;
  }
  const auto whole_before = whole_;
  for (const auto c : piece) {
    const auto at = text_.size();
    text_ += c;
    if (in_string_) {
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        in_string_ = false;
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (c == '}' || c == ']') {
      --depth_;
    } else if (c == ',' && depth_ == 1) {
      whole_ = at;
    }
  }
  return whole_ != whole_before;
}

std::string partial_object::members() const {
  rapidjson::Document object;
  if (whole_ == 0 || !json::read(object, text_.substr(0, whole_) + "}")
      || !object.IsObject())
    return {};
  return json::dump(object);
}

} // namespace agent_server::claude
