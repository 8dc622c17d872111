#pragma once

#include <cstdint>
#include <vector>

namespace agent_server {

/// Remembers which shared objects are mapped, so that the code of those that
/// come later can be let go.
class mapped_code {
public:
  mapped_code();

  /// Drops the read-only pages of every object mapped since construction. They
  /// come back from the page cache as they are needed: opening a library reads
  /// much of it, and of most (libcurl brings thirty) nothing is called later.
  void let_go_of_newer() const;

private:
  std::vector<std::uintptr_t> known_; // load addresses
};

} // namespace agent_server
