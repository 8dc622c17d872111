#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace agent_server::trace {

enum class record_kind : std::uint8_t {
  none,
  /// A message was put into a mailbox. `from`, `to`: actor ids.
  sent,
  /// A message was handled: `at` to `until`; its cause is the `sent` record.
  handled,
  /// Work outside the actors began (a process, an HTTP exchange, a wait).
  span_began,
  /// The span whose `span_began` id is in `link` ended.
  span_ended,
  /// One of several things that a step waits for arrived; `subject` names the
  /// step. The last arrival is the step's cause.
  arrived,
  /// Something came in from outside: a request, a line, a signal.
  edge,
};

enum class outcome : std::uint8_t { ok, error, skipped, dropped };

/// What a subject points to.
enum class subject_kind : std::uint8_t { none, text, type, number };

/// One entry of the ring. Times are steady-clock nanoseconds.
struct record {
  std::uint64_t id = 0;
  std::uint64_t cause = 0;
  std::int64_t at = 0;
  std::int64_t until = 0;
  /// A static string, a `std::type_info`, or a number, by `what`.
  std::uint64_t subject = 0;
  std::uint64_t link = 0;
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  record_kind kind = record_kind::none;
  outcome result = outcome::ok;
  subject_kind what = subject_kind::none;
};

/// Steady-clock nanoseconds.
std::int64_t now();

/// The record that led to what this thread is doing; 0 when unknown.
std::uint64_t current_cause();

/// Makes `cause` the current cause of this thread for the scope's life.
class scope {
public:
  explicit scope(std::uint64_t cause);
  ~scope();
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;

private:
  std::uint64_t previous_;
};

/// Appends to the ring and returns the record's id. Never allocates, locks or
/// fails; the oldest record gives way.
std::uint64_t append(record entry);

/// Begins a span caused by the current cause. `name` has static storage. `at`
/// is now unless given. Returns the id that ends it.
std::uint64_t begin_span(const char* name, std::int64_t at = 0);

/// Ends a span; returns the id of its end, for whoever goes on from there.
std::uint64_t end_span(std::uint64_t began, outcome result = outcome::ok,
                       std::int64_t at = 0);

/// Notes that something `step` waits for is there.
std::uint64_t note_arrival(const char* step);

/// Notes that something came in from outside; the id is the cause of what
/// follows. `name` has static storage.
std::uint64_t note_edge(const char* name);

/// Gives an actor id its name for reports; `name` has static storage.
void name_actor(std::uint64_t id, const char* name);
const char* actor_name(std::uint64_t id);

/// The records that still stand in the ring, oldest first.
std::vector<record> read_all();

/// How many records the ring holds.
constexpr std::size_t ring_size = 8192;

} // namespace agent_server::trace
