#pragma once

#include "messages/wire/claude/frame.hpp"
#include "messages/wire/json_reader.hpp"

namespace agent_server::claude {

/// What a frame was parsed into.
struct frame_document {
  rapidjson::Document root;
};

/// A member of the frame at the end of a path of keys; nullptr when there is
/// none, or the frame is garbage.
inline const rapidjson::Value*
member(const frame& f, std::initializer_list<std::string_view> path) {
  return f.json == nullptr ? nullptr : json::find(f.json->root, path);
}

inline std::string text_member(const frame& f,
                               std::initializer_list<std::string_view> path) {
  return std::string{json::text_of(member(f, path))};
}

/// Whether a member is there and true.
inline bool is_true(const rapidjson::Value* value) {
  return value != nullptr && value->IsTrue();
}

/// The member as JSON text when it is an object or array as wanted.
inline std::string object_or(const rapidjson::Value* value,
                             std::string_view otherwise) {
  return value != nullptr && value->IsObject() ? json::dump(*value)
                                               : std::string{otherwise};
}
inline std::string array_or(const rapidjson::Value* value,
                            std::string_view otherwise) {
  return value != nullptr && value->IsArray() ? json::dump(*value)
                                              : std::string{otherwise};
}

} // namespace agent_server::claude
