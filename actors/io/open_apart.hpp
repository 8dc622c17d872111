#pragma once

namespace agent_server {

/// A descriptor for what `fd` is open on, for the caller to close; -1 when `fd`
/// is not open. For terminals and pipes it is an open file description of its
/// own, so that it can be non-blocking without a word to whoever shares `fd`.
/// `access` is O_RDONLY or O_WRONLY.
int open_apart(int fd, int access);

} // namespace agent_server
