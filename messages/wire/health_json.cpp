#include "messages/wire/health_json.hpp"

#include "messages/wire/json_writer.hpp"

#include <algorithm>

namespace agent_server {

namespace {

constexpr int contract_version = 1;

std::int64_t rounded_ms(steady_ns span) {
  constexpr steady_ns ns_per_ms = 1'000'000;
  return std::max<steady_ns>(0, span + ns_per_ms / 2) / ns_per_ms;
}

std::string_view state_text(readiness state) {
  switch (state) {
    case readiness::starting: return "starting";
    case readiness::failed: return "failed";
    case readiness::ready:
    case readiness::closed: return "ready";
  }
  return "failed";
}

/// The boot at one moment; a boot that is over no longer ages.
class view {
public:
  view(const health_snapshot& snapshot, steady_ns now)
    : snapshot_(snapshot), starting_(snapshot.state == readiness::starting),
      until_(!starting_ && snapshot.ended_at != 0 ? snapshot.ended_at : now) {}

  std::string render() const {
    json::writer out{1024};
    out.open_object()
      .text("status", "ok")
      .key("hasSession")
      .boolean(snapshot_.state == readiness::ready)
      .text("readiness", state_text(snapshot_.state))
      .number("bootMs", since(snapshot_.exec_at))
      .number("sessionInitMs", since(times(boot_phase::context_fetch).began))
      .key("boot");
    write_boot(out);
    out.key("capabilities").open_array().close_array();
    if (starting_)
      write_waiting_for(out);
    if (snapshot_.state == readiness::failed)
      out.text("failureClass", to_string(snapshot_.failure_class))
        .text("failure", snapshot_.failure);
    return out.close_object().take();
  }

private:
  static boot_phase phase_at(std::size_t index) {
    return static_cast<boot_phase>(index);
  }

  const phase_times& times(boot_phase phase) const {
    return snapshot_.phases[static_cast<std::size_t>(phase)];
  }

  std::int64_t since(steady_ns begin) const {
    return begin == 0 ? 0 : rounded_ms(until_ - begin);
  }

  std::int64_t duration(const phase_times& phase) const {
    if (phase.began != 0 && phase.ended != 0)
      return rounded_ms(phase.ended - phase.began);
    return since(phase.began);
  }

  std::optional<boot_phase> current_phase() const {
    for (std::size_t i = 0; i < boot_phase_count; ++i)
      if (snapshot_.phases[i].began != 0 && snapshot_.phases[i].ended == 0)
        return phase_at(i);
    return std::nullopt;
  }

  void write_boot(json::writer& out) const {
    out.open_object()
      .number("contractVersion", contract_version)
      .text("bootId", snapshot_.boot_id)
      .text("state", state_text(snapshot_.state));
    if (starting_)
      if (const auto phase = current_phase())
        out.text("currentPhase", to_string(*phase));
    if (snapshot_.failed_phase)
      out.text("failedPhase", to_string(*snapshot_.failed_phase));
    out.number("totalMs", since(snapshot_.exec_at));
    if (snapshot_.http_ready_at != 0)
      out.number("httpReadyMs",
                 rounded_ms(snapshot_.http_ready_at - snapshot_.exec_at));
    if (snapshot_.launcher_to_process_ms)
      out.number("launcherToProcessMs", *snapshot_.launcher_to_process_ms);
    out.key("phasesMs").open_object();
    for (std::size_t i = 0; i < boot_phase_count; ++i)
      out.number(to_string(phase_at(i)), duration(snapshot_.phases[i]));
    out.close_object().close_object();
  }

  void write_waiting_for(json::writer& out) const {
    const auto phase = current_phase();
    if (!phase)
      return;
    const auto& waiting = times(*phase);
    out.key("waitingFor")
      .open_object()
      .text("phase", to_string(*phase))
      .number("sinceMs", since(waiting.began))
      .number("deadlineMs", waiting.deadline.count());
    if (!waiting.retrying.empty())
      out.text("retrying", waiting.retrying);
    out.close_object();
  }

  const health_snapshot& snapshot_;
  bool starting_;
  steady_ns until_;
};

} // namespace

std::string health_json(const health_snapshot& snapshot, steady_ns now) {
  return view{snapshot, now}.render();
}

} // namespace agent_server
