#pragma once

#include "actors/git/git.hpp"

#include <caf/expected.hpp>
#include <string>
#include <utility>
#include <vector>

namespace agent_server {

/// A directory that takes new objects, beside those of a repository.
class object_store {
public:
  object_store(std::string directory, const std::string& common_directory);

  /// The variables by which git uses it.
  std::vector<std::pair<std::string, std::string>> environment() const;

private:
  std::string directory_;
  std::string others_;
};

/// Packs what `wanted` (a commit and trees; empty ones are passed over) reach
/// and neither any remote-tracking branch nor `upstream_head` does. What is not
/// there is not held against it. Returns the pack's path, which begins with
/// `base_path`.
caf::expected<std::string> write_pack(const git& g, const object_store& objects,
                                      const std::vector<std::string>& wanted,
                                      const std::string& upstream_head,
                                      const std::string& base_path);

} // namespace agent_server
