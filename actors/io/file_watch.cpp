#include "actors/io/file_watch.hpp"

#include "actors/trace/recorder.hpp"
#include "messages/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace agent_server {

namespace {

constexpr std::uint32_t watched_events = IN_CREATE | IN_MOVED_TO | IN_ATTRIB
                                         | IN_DELETE_SELF | IN_MOVE_SELF
                                         | IN_ONLYDIR;

bool exists(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0;
}

std::string parent_of(const std::string& path) {
  auto parent = std::filesystem::path{path}.parent_path().string();
  return parent.empty() ? std::string{"."} : parent;
}

std::string deepest_directory(const std::string& path) {
  auto directory = parent_of(path);
  while (directory != "/" && directory != "." && !exists(directory))
    directory = parent_of(directory);
  return directory;
}

std::string seconds(std::chrono::milliseconds time) {
  return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + " s"
                                  : std::to_string(time.count()) + " ms";
}

} // namespace

caf::result<file_exists> file_watch_state::await(const await_file& m) {
  auto promise = self->make_response_promise<file_exists>();
  const auto span = trace::begin_span("repository wait");
  const auto w =
    waits.insert(waits.end(), {++last_number, m, promise,
                               asio::steady_timer{self->io()}, span, -1});
  if (auto err = open_inotify()) {
    answer(*w, err);
    waits.erase(w);
    return promise;
  }
  if (look_at(*w)) {
    waits.erase(w);
    drop_unused_watches();
    return promise;
  }
  w->deadline.expires_after(m.deadline);
  w->deadline.async_wait(
    [this, number = w->number,
     still = std::weak_ptr{alive}](const asio::error_code& error) {
      if (!error && !still.expired())
        expired(number);
    });
  return promise;
}

caf::error file_watch_state::open_inotify() {
  if (inotify)
    return {};
  const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0)
    return make_failure(ec::internal,
                        std::string{"--repoReadyFile: cannot watch files: "}
                          + std::strerror(errno)
                          + "; raise fs.inotify.max_user_instances");
  inotify.emplace(self->io(), fd);
  read_events();
  return {};
}

void file_watch_state::read_events() {
  inotify->async_wait(
    asio::posix::descriptor_base::wait_read,
    [this, still = std::weak_ptr{alive}](const asio::error_code& error) {
      if (error || still.expired() || !inotify)
        return;
      // What happened does not matter: each wait looks for itself.
      std::array<char, 4096> events;
      while (read(inotify->native_handle(), events.data(), events.size()) > 0)
        continue;
      look();
      if (inotify)
        read_events();
    });
}

void file_watch_state::look() {
  for (auto w = waits.begin(); w != waits.end();)
    w = look_at(*w) ? waits.erase(w) : std::next(w);
  drop_unused_watches();
}

bool file_watch_state::look_at(wait& w) {
  const auto& path = w.what.path;
  while (!exists(path)) {
    const auto directory = deepest_directory(path);
    w.watch = inotify_add_watch(inotify->native_handle(), directory.c_str(),
                                watched_events);
    if (w.watch < 0 && (errno == ENOENT || errno == ENOTDIR)
        && !exists(directory))
      continue;
    if (w.watch < 0) {
      answer(w, make_failure(ec::internal, "--repoReadyFile: cannot watch "
                                             + directory + ": "
                                             + std::strerror(errno)));
      return true;
    }
    watches.insert(w.watch);
    // What came into being before the watch was not reported.
    if (!exists(path) && deepest_directory(path) == directory)
      return false;
  }
  answer(w, {});
  return true;
}

void file_watch_state::answer(wait& w, const caf::error& err) {
  w.deadline.cancel();
  const trace::scope scope{
    trace::end_span(w.span, err ? trace::outcome::error : trace::outcome::ok)};
  if (err)
    w.promise.deliver(err);
  else
    w.promise.deliver(file_exists{});
}

void file_watch_state::expired(std::uint64_t number) {
  const auto w = std::find_if(waits.begin(), waits.end(), [=](const wait& x) {
    return x.number == number;
  });
  // It may have been answered while this call was under way.
  if (w == waits.end())
    return;
  answer(*w,
         make_failure(ec::repository_timeout,
                      "--repoReadyFile: " + w->what.path
                        + " did not appear within " + seconds(w->what.deadline)
                        + "; create it once the repository is in place, "
                          "or leave the flag out"));
  waits.erase(w);
  drop_unused_watches();
}

void file_watch_state::drop_unused_watches() {
  if (waits.empty()) {
    inotify.reset();
    watches.clear();
    return;
  }
  std::set<int> used;
  for (const auto& w : waits)
    used.insert(w.watch);
  for (const int watch : watches) {
    if (used.count(watch) == 0)
      inotify_rm_watch(inotify->native_handle(), watch);
  }
  watches = std::move(used);
}

void file_watch_state::give_up() {
  for (auto& w : waits)
    answer(w, make_failure(ec::repository_timeout,
                           "--repoReadyFile: the server ended before "
                             + w.what.path + " appeared"));
  waits.clear();
  drop_unused_watches();
}

file_watch_actor::behavior_type file_watch(file_watch_self* self) {
  self->state.self = self;
  self->set_exit_handler([self](caf::exit_msg& m) {
    self->state.give_up();
    self->quit(std::move(m.reason));
  });
  return {
    [self](const await_file& m) { return self->state.await(m); },
  };
}

} // namespace agent_server
