#include "actors/file_sync.hpp"

#include <unistd.h>

namespace agent_server {

file_sync_actor::behavior_type file_sync(file_sync_self*) {
  return {
    [](const sync_file& m) {
      // The kernel has the bytes whatever the disk says, and goes on trying.
      static_cast<void>(::fdatasync(m.fd));
      ::close(m.fd);
      return file_synced{};
    },
  };
}

} // namespace agent_server
