#pragma once

#include "messages/secret.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace agent_server {

enum class log_level : std::uint8_t { debug, info, warn, error };

/// Appends one line to the server's log. Never carries a secret.
struct log_line {
  log_level level = log_level::info;
  std::string text;
  /// Without time and level, for lines that callers look for from their start.
  bool bare = false;
};

/// Asks that everything logged so far be written out.
struct flush_disk {};
struct disk_flushed {};

/// Asks for the model that the agent's settings files pin, highest precedence
/// first; files that are absent or malformed are passed over (and logged).
struct read_pinned_model {
  std::vector<std::string> paths;
};

/// The pinned model, or empty.
struct pinned_model {
  std::string model;
};

/// Replaces a file by one that nobody else may read; what is written may be
/// secret. Error: `ec::bad_config`.
struct write_file {
  std::string path;
  secret text;
};
struct file_written {};

/// Removes a file, if it is there.
struct remove_file {
  std::string path;
};

/// Asks that the agent's working directory, or one for it, be there and can be
/// entered; it is made when missing. Error: `ec::bad_config`, naming it.
struct make_working_directory {
  std::string path;
  /// Whether `--repositoryPath` named it.
  bool by_flag = false;
  /// How errors call it.
  std::string what = "The working directory";
};
struct working_directory_made {};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::log_line)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::flush_disk)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::disk_flushed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::read_pinned_model)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::pinned_model)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::write_file)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::file_written)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::remove_file)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::make_working_directory)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::working_directory_made)
