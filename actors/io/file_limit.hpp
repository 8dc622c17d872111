#pragma once

#include <cstddef>

namespace agent_server {

/// Raises the soft limit of open files to the hard one and returns it. Child
/// processes get the former limit back.
std::size_t raise_file_limit();

/// While it lives the process has the soft limit that it was started with.
class original_file_limit {
public:
  original_file_limit();
  ~original_file_limit();
  original_file_limit(const original_file_limit&) = delete;
  original_file_limit& operator=(const original_file_limit&) = delete;
};

} // namespace agent_server
