#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace agent_server::test {

/// A directory of the test's own.
class scratch {
public:
  scratch() {
    auto pattern =
      (std::filesystem::temp_directory_path() / "agent-server-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  std::string file(const std::string& name) const { return path_ / name; }

private:
  std::filesystem::path path_;
};

inline std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace agent_server::test
