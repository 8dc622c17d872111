#pragma once

#include "actors/logger.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent_server {

/// The longest name of a file or directory that is made, in bytes; of a longer
/// one the end is kept.
constexpr std::size_t max_attachment_name = 200;

/// A name as a file of the agent's may be called: its last part, with `_` for
/// all but letters, digits, `_`, `.` and `-`; never empty, `.` or `..`.
std::string safe_file_name(std::string_view name);

/// Where an attachment is put, below the directory of all: `id/name`, each of
/// them safe.
std::string attachment_place(const attachment& file);

/// Those that can be fetched, at most `max_attachments`; why the others cannot
/// is added to `refusals`, a sentence each.
std::vector<attachment> fetchable(const std::vector<attachment>& wanted,
                                  std::vector<std::string>& refusals);

struct attachments_state;
using attachments_self =
  caf::stateful_actor<attachments_state, traced<attachments_actor::base>>;

struct attachments_state {
  static inline const char* name = "attachments";

  /// The attachments of one message.
  struct batch {
    std::vector<attachment> files;
    std::vector<std::string> paths;
    std::size_t missing = 0; // not here yet
    caf::typed_response_promise<attachments_fetched> promise;
  };

  attachments_self* self = nullptr;
  control_plane_actor control_plane;
  disk_actor disk;
  std::string directory;
  std::optional<logger> log;
  std::uint32_t last_batch = 0;
  std::map<std::uint32_t, batch> batches;

  caf::result<attachments_fetched> fetch(const fetch_attachments& m);
  void fetch_one(std::uint32_t id, std::size_t which);
  void download(std::uint32_t id, std::size_t which);
  void one_came(std::uint32_t id);
  void fail(std::uint32_t id, std::size_t which, const caf::error& err);
};

/// Downloads attachments side by side to files below `directory`.
attachments_actor::behavior_type attachments(attachments_self* self,
                                             control_plane_actor control_plane,
                                             disk_actor disk,
                                             std::string directory, logger log);

} // namespace agent_server
