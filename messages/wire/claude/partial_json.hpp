#pragma once

#include <string>
#include <string_view>

namespace agent_server::claude {

/// A JSON object that arrives in pieces, of which the whole members can be read
/// before the rest is there. Every byte is looked at once.
class partial_object {
public:
  /// Longer objects are not followed to their end.
  static constexpr std::size_t max_size = 256u << 10;

  /// Takes the next piece; true when a member has become whole that is not the
  /// object's last.
  bool append(std::string_view piece);

  /// The object with the members that are whole as compact JSON; empty when
  /// there are none, or they are not valid.
  std::string members() const;

  /// How much of the text the whole members take.
  std::size_t members_size() const { return whole_; }

private:
  std::string text_;
  /// Where the last whole member ends.
  std::size_t whole_ = 0;
  int depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool given_up_ = false;
};

} // namespace agent_server::claude
