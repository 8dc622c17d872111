#include "actors/event_spool.hpp"

#include "actors/file_sync.hpp"
#include "messages/error.hpp"
#include "messages/wire/stream_frame.hpp"

#include <utility>

namespace agent_server {

caf::result<spool_opened> event_spool_state::open() {
  using namespace std::chrono;
  const auto now = static_cast<std::uint64_t>(
    duration_cast<milliseconds>(system_clock::now().time_since_epoch())
      .count());
  auto opened = files->open(now);
  if (opened)
    return std::move(*opened);
  log->warn("events are kept in memory only: " + describe(opened.error()));
  return opened.error();
}

frames_spooled event_spool_state::write(const spool_frames& m) {
  for (const auto& frame : m.frames)
    frame->type = type_of(*frame->data);
  files->note_received(m.received);
  const auto problem = files->append(m.frames);
  if (problem && !failure_told)
    log->warn("events may be lost to clients that come back: "
              + describe(problem));
  failure_told = static_cast<bool>(problem);
  arm_sync();
  return {m.frames};
}

spool_read event_spool_state::read(const read_spool& m) {
  spool_read result{files->read(m.from, m.max_bytes)};
  for (const auto& frame : result.frames)
    frame->type = type_of(*frame->data);
  return result;
}

void event_spool_state::arm_sync() {
  if (!std::exchange(sync_armed, true))
    self->delayed_send(self, sync_period, alarm{0, 0, trace::current_cause()});
}

void event_spool_state::sync() {
  sync_armed = false;
  if (syncing > 0) {
    arm_sync(); // the disk is slow: no more than one round at a time
    return;
  }
  const auto unsynced = files->take_unsynced();
  if (unsynced.empty())
    return;
  if (!syncer)
    syncer = self->spawn<caf::detached>(file_sync);
  for (const auto fd : unsynced) {
    ++syncing;
    self->request(syncer, caf::infinite, sync_file{fd})
      .then([this](const file_synced&) { --syncing; },
            [this](const caf::error&) { --syncing; });
  }
}

event_spool_actor::behavior_type event_spool(event_spool_self* self,
                                             std::string directory,
                                             spool_limits limits, logger log) {
  self->state.self = self;
  self->state.log.emplace(std::move(log));
  self->state.files.emplace(std::move(directory), limits);
  return {
    [self](const open_spool&) { return self->state.open(); },
    [self](const spool_frames& m) { return self->state.write(m); },
    [self](const read_spool& m) { return self->state.read(m); },
    [self](const note_received& m) { self->state.files->note_received(m.seq); },
    [self](const alarm& a) {
      const trace::scope scope{a.armed_by};
      self->state.sync();
    },
  };
}

} // namespace agent_server
