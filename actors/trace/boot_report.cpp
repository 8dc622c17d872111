#include "actors/trace/boot_report.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

namespace agent_server {

namespace {

using trace::record;
using trace::record_kind;

constexpr std::string_view ready_step = "ready: published";
constexpr std::string_view initialize_box = "agent: initialize";
constexpr std::string_view session_box = "agent: session/new";

constexpr std::size_t none = static_cast<std::size_t>(-1);

std::string_view text_of(const record& entry) {
  if (entry.what != trace::subject_kind::text || entry.subject == 0)
    return {};
  return reinterpret_cast<const char*>(entry.subject);
}

const char* name_of(trace::outcome result) {
  switch (result) {
    case trace::outcome::ok: return "ok";
    case trace::outcome::error: return "error";
    case trace::outcome::skipped: return "skipped";
    case trace::outcome::dropped: return "dropped";
  }
  return "ok";
}

struct span {
  const record* began = nullptr;
  const record* ended = nullptr;
  // All spans whose end this one needed, and the one whose end came last.
  std::set<std::size_t> waited_for;
  std::size_t released_by = none;
};

class boot_graph {
public:
  boot_graph(const std::vector<record>& records, steady_ns exec_at)
    : exec_at_(exec_at) {
    for (const auto& entry : records)
      by_id_[entry.id] = &entry;
    for (const auto& entry : records)
      if (entry.kind == record_kind::arrived)
        note_arrival(entry);
    for (const auto& [step, arrivals] : arrivals_)
      if (const auto* last = last_in_boot(arrivals))
        releases_[last->cause].push_back(last);
    for (const auto& entry : records)
      note_span(entry);
    for (auto& each : spans_) {
      each.waited_for = waits_of(*each.began);
      each.released_by = last_end_before(*each.began);
    }
  }

  boot_report report() {
    boot_report result;
    result.complete = ready_ != nullptr;
    for (const auto& each : spans_) {
      boot_box box;
      box.name = text_of(*each.began);
      box.start = each.began->at - exec_at_;
      if (each.ended != nullptr) {
        box.end = each.ended->at - exec_at_;
        box.outcome = name_of(each.ended->result);
      }
      for (const auto i : each.waited_for)
        add_name(box.waited_for, text_of(*spans_[i].began));
      result.boxes.push_back(std::move(box));
    }
    result.own_share = own_share();
    if (ready_ != nullptr) {
      result.total = ready_->at - exec_at_;
      walk_critical_path(result);
      find_slack(result);
    }
    std::stable_sort(
      result.boxes.begin(), result.boxes.end(),
      [](const boot_box& a, const boot_box& b) { return a.start < b.start; });
    return result;
  }

private:
  static void add_name(std::vector<std::string>& names, std::string_view name) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.emplace_back(name);
  }

  const record* find(std::uint64_t id) const {
    const auto i = by_id_.find(id);
    return i != by_id_.end() ? i->second : nullptr;
  }

  std::size_t span_of(std::uint64_t began) const {
    const auto i = span_by_id_.find(began);
    return i != span_by_id_.end() ? i->second : none;
  }

  void note_arrival(const record& entry) {
    const auto step = text_of(entry);
    arrivals_[step].push_back(&entry);
    if (ready_ == nullptr && step == ready_step)
      ready_ = &entry;
  }

  void note_span(const record& entry) {
    if (entry.kind == record_kind::span_began) {
      if (ready_ != nullptr && entry.id > ready_->id)
        return;
      span_by_id_[entry.id] = spans_.size();
      spans_.push_back({&entry, nullptr, {}, none});
    } else if (entry.kind == record_kind::span_ended) {
      const auto i = span_of(entry.link);
      if (i != none && spans_[i].ended == nullptr)
        spans_[i].ended = &entry;
    }
  }

  const record* last_in_boot(const std::vector<const record*>& arrivals) const {
    const auto i = std::find_if(
      arrivals.rbegin(), arrivals.rend(), [this](const record* each) {
        return ready_ == nullptr || each->id < ready_->id;
      });
    return i != arrivals.rend() ? *i : nullptr;
  }

  // What led to `entry`. The arrival that released a step stands between its
  // own cause and whatever the same cause led to afterwards, for the handler
  // that noted it went on with the step. A cause is older than its effect;
  // anything else is a torn ring.
  const record* before(const record& entry) const {
    const record* released_by = nullptr;
    if (const auto i = releases_.find(entry.cause);
        i != releases_.end() && entry.cause != 0)
      for (const auto* each : i->second)
        if (each->id < entry.id
            && (released_by == nullptr || each->id > released_by->id))
          released_by = each;
    if (released_by != nullptr)
      return released_by;
    return entry.cause < entry.id ? find(entry.cause) : nullptr;
  }

  // The spans whose ends led to `effect`. A step that waits for several things
  // needed every arrival up to the one that released it.
  std::set<std::size_t> waits_of(const record& effect) const {
    std::set<std::size_t> result;
    std::set<const record*> seen;
    std::vector<const record*> open{before(effect)};
    while (!open.empty()) {
      const auto* entry = open.back();
      open.pop_back();
      if (entry == nullptr || !seen.insert(entry).second)
        continue;
      if (entry->kind == record_kind::span_ended) {
        if (const auto i = span_of(entry->link); i != none)
          result.insert(i);
      } else if (entry->kind == record_kind::arrived) {
        for (const auto* other : arrivals_.at(text_of(*entry)))
          if (other->id <= entry->id)
            open.push_back(before(*other));
      } else {
        open.push_back(before(*entry));
      }
    }
    return result;
  }

  // The span whose end is the nearest in the chain of causes.
  std::size_t last_end_before(const record& effect) const {
    const auto* entry = before(effect);
    while (entry != nullptr) {
      if (entry->kind == record_kind::span_ended)
        return span_of(entry->link);
      entry = before(*entry);
    }
    return none;
  }

  void walk_critical_path(boot_report& result) const {
    auto& path = result.critical_path;
    auto reached = ready_->at;
    const auto stretch_to = [&](std::int64_t at, boot_stretch stretch) {
      at = std::max(at, exec_at_);
      if (at >= reached)
        return;
      stretch.duration = reached - at;
      path.push_back(std::move(stretch));
      reached = at;
    };
    using kind = boot_stretch::kind_type;
    const auto enter = [&](std::size_t i) {
      result.boxes[i].critical = true;
      stretch_to(spans_[i].began->at,
                 {kind::box, std::string{text_of(*spans_[i].began)}, 0});
    };
    const auto* entry = before(*ready_);
    while (entry != nullptr) {
      const auto* next = before(*entry);
      if (entry->kind == record_kind::span_ended) {
        const auto i = span_of(entry->link);
        if (i == none)
          break;
        stretch_to(entry->at, {kind::own, {}, 0});
        enter(i);
        next = before(*spans_[i].began);
      } else if (entry->kind == record_kind::span_began) {
        // What follows was started from within a span that had not ended.
        if (const auto i = span_of(entry->id); i != none)
          enter(i);
      }
      entry = next;
    }
    stretch_to(exec_at_, {kind::unrecorded, {}, 0});
    std::reverse(path.begin(), path.end());
  }

  // What released a successor has no slack towards it; whatever arrived
  // earlier could have taken until then.
  void find_slack(boot_report& result) const {
    const auto apply = [&](const std::set<std::size_t>& waited_for,
                           std::size_t released_by, std::int64_t slack) {
      std::int64_t released = 0;
      if (released_by != none && spans_[released_by].ended != nullptr)
        released = spans_[released_by].ended->at;
      else
        for (const auto i : waited_for)
          if (spans_[i].ended != nullptr)
            released = std::max(released, spans_[i].ended->at);
      for (const auto i : waited_for) {
        if (spans_[i].ended == nullptr)
          continue;
        const auto spare =
          std::max<std::int64_t>(0, released - spans_[i].ended->at) + slack;
        auto& known = result.boxes[i].slack;
        known = known ? std::min(*known, spare) : spare;
      }
    };
    apply(waits_of(*ready_), last_end_before(*ready_), 0);
    // A span is younger than all it waited for, so its own slack is final when
    // the walk comes to it.
    for (auto i = spans_.size(); i-- > 0;)
      if (const auto slack = result.boxes[i].slack)
        apply(spans_[i].waited_for, spans_[i].released_by, *slack);
  }

  const span* last_named(std::string_view name) const {
    const auto i =
      std::find_if(spans_.rbegin(), spans_.rend(), [&](const span& each) {
        return text_of(*each.began) == name;
      });
    return i != spans_.rend() ? &*i : nullptr;
  }

  boot_own_share own_share() const {
    boot_own_share result;
    const auto* initialize = last_named(initialize_box);
    const auto* session = last_named(session_box);
    if (initialize != nullptr)
      result.to_spawn = initialize->began->at - exec_at_;
    if (initialize != nullptr && initialize->ended != nullptr
        && session != nullptr)
      result.to_session = session->began->at - initialize->ended->at;
    if (ready_ == nullptr)
      return result;
    // An agent that opens its session in one handshake has one box for both.
    const auto* last = session != nullptr ? session : initialize;
    if (last != nullptr && last->ended != nullptr)
      result.to_ready = ready_->at - last->ended->at;
    if (session == nullptr && initialize != nullptr)
      result.to_session = 0;
    return result;
  }

  steady_ns exec_at_;
  const record* ready_ = nullptr;
  std::unordered_map<std::uint64_t, const record*> by_id_;
  std::map<std::string_view, std::vector<const record*>> arrivals_;
  // By their cause, the arrivals that released a step.
  std::unordered_map<std::uint64_t, std::vector<const record*>> releases_;
  // In the order of their records; the boxes of the report share the indexes.
  std::vector<span> spans_;
  std::unordered_map<std::uint64_t, std::size_t> span_by_id_;
};

} // namespace

boot_report make_boot_report(const std::vector<trace::record>& records,
                             steady_ns exec_at) {
  return boot_graph{records, exec_at}.report();
}

} // namespace agent_server
