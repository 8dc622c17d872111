#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace agent_server {

/// Cuts a stream of bytes into lines. Each byte is looked at and copied once,
/// however the stream is split.
class line_splitter {
public:
  explicit line_splitter(std::size_t max_line) : max_line_(max_line) {}

  /// Calls `take(std::shared_ptr<const std::string>)` for every line that
  /// `bytes` completes, without its newline. Returns false as soon as a line is
  /// longer than the bound.
  template <class F>
  bool feed(std::string_view bytes, F take) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      const auto piece = bytes.substr(0, end);
      if (piece.size() > max_line_ - partial_.size())
        return false;
      if (end == std::string_view::npos) {
        partial_.append(piece);
        return true;
      }
      if (partial_.empty()) {
        take(std::make_shared<const std::string>(piece));
      } else {
        partial_.append(piece);
        take(std::make_shared<const std::string>(
          std::exchange(partial_, std::string{})));
      }
      bytes.remove_prefix(end + 1);
    }
    return true;
  }

private:
  std::size_t max_line_;
  // Never longer than the bound.
  std::string partial_;
};

} // namespace agent_server
