#include "actors/trace/message_records.hpp"

#include <array>
#include <atomic>
#include <caf/type_erased_tuple.hpp>

namespace agent_server::trace {

namespace {

// Pairs a mailbox element (or an outstanding request) with the record of its
// sending. Lock-free and bounded: when the neighbourhood of a key is full, the
// pairing is lost and nothing else.
class pairing {
public:
  void put(std::uint64_t key, std::uint64_t id) {
    entry* free_place = nullptr;
    for (std::size_t i = 0; i < reach; ++i) {
      auto& place = at(key, i);
      const auto found = place.key.load(std::memory_order_acquire);
      if (found == key) {
        place.id.store(id, std::memory_order_release);
        return;
      }
      if (found == 0 && free_place == nullptr)
        free_place = &place;
    }
    if (free_place == nullptr)
      return;
    std::uint64_t expected = 0;
    if (free_place->key.compare_exchange_strong(expected, key))
      free_place->id.store(id, std::memory_order_release);
  }

  std::uint64_t take(std::uint64_t key, bool keep) {
    for (std::size_t i = 0; i < reach; ++i) {
      auto& place = at(key, i);
      if (place.key.load(std::memory_order_acquire) != key)
        continue;
      const auto id = place.id.load(std::memory_order_acquire);
      if (!keep)
        place.key.store(0, std::memory_order_release);
      return id;
    }
    return 0;
  }

private:
  struct entry {
    std::atomic<std::uint64_t> key{0};
    std::atomic<std::uint64_t> id{0};
  };
  static constexpr std::size_t reach = 16;
  static constexpr std::size_t size = 2048;

  entry& at(std::uint64_t key, std::size_t i) {
    return places_[((key * 0x9E3779B97F4A7C15u >> 40) + i) % size];
  }

  std::array<entry, size> places_;
};

pairing waiting_elements;
pairing open_requests;

std::uint64_t element_key(const caf::mailbox_element& element) {
  return reinterpret_cast<std::uint64_t>(&element);
}

// A response carries the id of its request, so both give the same key.
std::uint64_t request_key(caf::actor_id asker, caf::message_id mid) {
  return (asker << 40) ^ mid.request_id().integer_value() ^ (1ull << 63);
}

void set_subject(record& entry, const caf::type_erased_tuple& content) {
  if (content.empty())
    return;
  const auto type = content.type(0);
  if (type.second != nullptr) {
    entry.what = subject_kind::type;
    entry.subject = reinterpret_cast<std::uint64_t>(type.second);
  } else {
    entry.what = subject_kind::number;
    entry.subject = type.first;
  }
}

} // namespace

void message_sent(const caf::mailbox_element& element, caf::actor_id receiver) {
  record entry;
  entry.kind = record_kind::sent;
  entry.cause = current_cause();
  entry.at = now();
  entry.to = static_cast<std::uint32_t>(receiver);
  if (element.sender)
    entry.from = static_cast<std::uint32_t>(element.sender->id());
  set_subject(entry, element.content());
  // A time-out answers from the clock's thread, which knows no cause: it is
  // the request's.
  if (entry.cause == 0 && element.mid.is_response())
    entry.cause = open_requests.take(request_key(receiver, element.mid), true);
  const auto id = append(entry);
  waiting_elements.put(element_key(element), id);
  if (element.mid.is_request() && element.sender)
    open_requests.put(request_key(element.sender->id(), element.mid), id);
}

message_handling::message_handling(const caf::mailbox_element& element,
                                   caf::actor_id receiver)
  : element_(&element), scope_([&] {
      entry_.kind = record_kind::handled;
      entry_.at = now();
      entry_.to = static_cast<std::uint32_t>(receiver);
      entry_.cause = waiting_elements.take(element_key(element), true);
      set_subject(entry_, element.content());
      return entry_.cause;
    }()) {}

void message_handling::ended(caf::invoke_message_result result) {
  entry_.until = now();
  if (result == caf::invoke_message_result::skipped) {
    entry_.result = outcome::skipped;
    return;
  }
  entry_.result = result == caf::invoke_message_result::consumed
                    ? outcome::ok
                    : outcome::dropped;
  waiting_elements.take(element_key(*element_), false);
}

message_handling::~message_handling() {
  if (entry_.until == 0) {
    entry_.until = now();
    entry_.result = outcome::error;
    waiting_elements.take(element_key(*element_), false);
  }
  append(entry_);
  if (element_->mid.is_response())
    open_requests.take(request_key(entry_.to, element_->mid), false);
}

} // namespace agent_server::trace
