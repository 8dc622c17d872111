#pragma once

#include <string>
#include <string_view>

namespace agent_server {

/// A file that receives the body of an HTTP answer; nobody else may read it.
class body_file {
public:
  /// Replaces what is at `path`.
  explicit body_file(std::string path);
  /// Removes the file unless it was closed as whole.
  ~body_file();
  body_file(const body_file&) = delete;
  body_file& operator=(const body_file&) = delete;

  /// False when it could not be written.
  bool append(std::string_view bytes);
  /// Keeps the file when it is whole, else removes it; false when it could not
  /// be written.
  bool close(bool whole);
  /// A sentence; empty while there is no problem.
  const std::string& problem() const { return problem_; }

private:
  void note_problem();

  std::string path_;
  int fd_ = -1;
  std::string problem_;
};

} // namespace agent_server
