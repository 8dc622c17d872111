#include "actors/trace/recorder.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <ctime>

namespace agent_server::trace {

namespace {

// One record, published by its id. The fields are relaxed atomics since a
// reader may look while a writer laps it; such a read is thrown away.
struct alignas(64) slot {
  std::atomic<std::uint64_t> id{0};
  std::atomic<std::uint64_t> cause{0};
  std::atomic<std::int64_t> at{0};
  std::atomic<std::int64_t> until{0};
  std::atomic<std::uint64_t> subject{0};
  std::atomic<std::uint64_t> link{0};
  std::atomic<std::uint64_t> actors{0};
  std::atomic<std::uint64_t> kinds{0};
};
static_assert(sizeof(slot) == 64);

constexpr std::size_t max_named_actors = 1024;

std::array<slot, ring_size> ring;
std::atomic<std::uint64_t> last_id{0};
std::array<std::atomic<const char*>, max_named_actors> names;

thread_local std::uint64_t cause_of_this_thread = 0;

record note(record_kind kind, const char* name) {
  record entry;
  entry.kind = kind;
  entry.cause = cause_of_this_thread;
  entry.at = now();
  entry.subject = reinterpret_cast<std::uint64_t>(name);
  entry.what = subject_kind::text;
  return entry;
}

} // namespace

std::int64_t now() {
  timespec ts{};
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return std::int64_t{ts.tv_sec} * 1'000'000'000 + ts.tv_nsec;
}

std::uint64_t current_cause() {
  return cause_of_this_thread;
}

scope::scope(std::uint64_t cause) : previous_(cause_of_this_thread) {
  cause_of_this_thread = cause;
}

scope::~scope() {
  cause_of_this_thread = previous_;
}

std::uint64_t append(record entry) {
  constexpr auto relaxed = std::memory_order_relaxed;
  const auto id = last_id.fetch_add(1, relaxed) + 1;
  auto& place = ring[id % ring_size];
  place.id.store(0, relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  place.cause.store(entry.cause, relaxed);
  place.at.store(entry.at, relaxed);
  place.until.store(entry.until, relaxed);
  place.subject.store(entry.subject, relaxed);
  place.link.store(entry.link, relaxed);
  place.actors.store(std::uint64_t{entry.from} << 32 | entry.to, relaxed);
  place.kinds.store(static_cast<std::uint64_t>(entry.kind) << 16
                      | static_cast<std::uint64_t>(entry.result) << 8
                      | static_cast<std::uint64_t>(entry.what),
                    relaxed);
  place.id.store(id, std::memory_order_release);
  return id;
}

std::uint64_t begin_span(const char* name, std::int64_t at) {
  auto entry = note(record_kind::span_began, name);
  if (at != 0)
    entry.at = at;
  return append(entry);
}

std::uint64_t end_span(std::uint64_t began, outcome result, std::int64_t at) {
  record entry;
  entry.kind = record_kind::span_ended;
  entry.cause = current_cause() != 0 ? current_cause() : began;
  entry.at = at != 0 ? at : now();
  entry.link = began;
  entry.result = result;
  return append(entry);
}

std::uint64_t note_arrival(const char* step) {
  return append(note(record_kind::arrived, step));
}

std::uint64_t note_edge(const char* name) {
  return append(note(record_kind::edge, name));
}

void name_actor(std::uint64_t id, const char* name) {
  if (id < max_named_actors)
    names[id].store(name, std::memory_order_relaxed);
}

const char* actor_name(std::uint64_t id) {
  const char* name = nullptr;
  if (id < max_named_actors)
    name = names[id].load(std::memory_order_relaxed);
  return name != nullptr ? name : "";
}

std::vector<record> read_all() {
  constexpr auto relaxed = std::memory_order_relaxed;
  std::vector<record> result;
  const auto end = last_id.load(std::memory_order_acquire);
  const auto begin = end > ring_size ? end - ring_size : 0;
  result.reserve(end - begin);
  for (auto id = begin + 1; id <= end; ++id) {
    auto& place = ring[id % ring_size];
    if (place.id.load(std::memory_order_acquire) != id)
      continue;
    record entry;
    entry.id = id;
    entry.cause = place.cause.load(relaxed);
    entry.at = place.at.load(relaxed);
    entry.until = place.until.load(relaxed);
    entry.subject = place.subject.load(relaxed);
    entry.link = place.link.load(relaxed);
    const auto actors = place.actors.load(relaxed);
    entry.from = static_cast<std::uint32_t>(actors >> 32);
    entry.to = static_cast<std::uint32_t>(actors);
    const auto kinds = place.kinds.load(relaxed);
    entry.kind = static_cast<record_kind>(kinds >> 16 & 0xff);
    entry.result = static_cast<outcome>(kinds >> 8 & 0xff);
    entry.what = static_cast<subject_kind>(kinds & 0xff);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (place.id.load(relaxed) == id)
      result.push_back(entry);
  }
  return result;
}

} // namespace agent_server::trace
