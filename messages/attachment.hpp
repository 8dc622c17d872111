#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace agent_server {

/// The largest attachment that is downloaded, in bytes, and how many a message
/// may bring.
constexpr std::size_t max_attachment_size = 100u << 20;
constexpr std::size_t max_attachments = 64;

/// A file that comes with a message: an artifact of the run, as the control
/// plane or a caller names it.
struct attachment {
  std::string id;
  std::string name;
  /// Where the control plane keeps it; empty: nowhere.
  std::string storage_path;
  std::string content_type;
  std::optional<std::int64_t> size;

  bool operator==(const attachment&) const = default;
};

/// Asks for attachments as files in the agent's working directory. Error:
/// `ec::agent_error`, naming the first that cannot be had.
struct fetch_attachments {
  std::vector<attachment> attachments;
};
struct attachments_fetched {
  /// JSON array of content blocks, one an attachment, in the order asked.
  std::string blocks;
};

} // namespace agent_server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::fetch_attachments)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(agent_server::attachments_fetched)
