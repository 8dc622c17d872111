#include "http/query.hpp"

#include <charconv>

namespace agent_server {

std::optional<std::string_view> query_value(std::string_view query,
                                            std::string_view key) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == key)
      return equals == std::string_view::npos ? std::string_view{}
                                              : pair.substr(equals + 1);
    if (end == std::string_view::npos)
      break;
    query.remove_prefix(end + 1);
  }
  return std::nullopt;
}

std::string percent_decoded(std::string_view text) {
  constexpr std::size_t digits = 2;
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + digits < text.size()) {
      unsigned value = 0;
      const auto* begin = text.data() + i + 1;
      const auto parsed = std::from_chars(begin, begin + digits, value, 16);
      if (parsed.ptr == begin + digits) {
        result += static_cast<char>(value);
        i += digits;
        continue;
      }
    }
    result += text[i] == '+' ? ' ' : text[i];
  }
  return result;
}

event_options event_options_of(std::string_view query,
                               std::optional<std::string_view> last_event_id) {
  event_options result;
  result.ids = query_value(query, "ids") == "1" || last_event_id;
  if (last_event_id && !last_event_id->empty())
    result.after = std::string{*last_event_id};
  else if (const auto after = query_value(query, "after"))
    result.after = percent_decoded(*after);
  result.ids = result.ids || result.after;
  const auto types = percent_decoded(query_value(query, "types").value_or(""));
  std::string_view rest{types};
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    if (const auto type = rest.substr(0, comma); !type.empty())
      result.types.emplace_back(type);
    if (comma == std::string_view::npos)
      break;
    rest.remove_prefix(comma + 1);
  }
  return result;
}

} // namespace agent_server
