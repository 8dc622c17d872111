#pragma once

#include <rapidjson/document.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

/// Reading JSON with RapidJSON. Of duplicate keys the last one counts, as for
/// the callers' own parsers.
namespace agent_server::json {

/// Deeper nesting is refused: what walks a document does so recursively.
inline constexpr int max_depth = 512;

/// False when the text is not one JSON value in valid UTF-8, or is nested
/// deeper than `max_depth`.
bool read(rapidjson::Document& document, std::string_view text);

/// A member; nullptr when there is none, or `parent` is null or no object.
const rapidjson::Value* find(const rapidjson::Value* parent,
                             std::string_view key);
rapidjson::Value* find(rapidjson::Value* parent, std::string_view key);

/// The member at the end of a path of keys.
const rapidjson::Value* find(const rapidjson::Value& root,
                             std::initializer_list<std::string_view> path);

/// The text of a string; empty for anything else, also for nullptr.
std::string_view text_of(const rapidjson::Value* value);

/// The text of a string member, and nothing for a member of another type.
std::optional<std::string> text_at(const rapidjson::Value* parent,
                                   std::string_view key);

/// The type as JavaScript names it: "null", "array", …; "undefined" for
/// nullptr.
std::string_view type_name(const rapidjson::Value* value);

/// Compact JSON.
std::string dump(const rapidjson::Value& value);

/// A number of the text's outermost object as it is written there.
std::string number_text(std::string_view object, std::string_view key);

} // namespace agent_server::json
