#include "cli/waterfall.hpp"

#include <algorithm>
#include <cstddef>
#include <fmt/format.h>
#include <iterator>
#include <string_view>
#include <utility>

namespace agent_server {

namespace {

constexpr unsigned narrowest = 60;
constexpr std::size_t longest_name = 24;
// " 12345.6 ms * slack 12345.6": what follows the bar.
constexpr std::size_t figures_width = 29;

constexpr std::string_view plain = "\x1b[0m";
constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view critical_colour = "\x1b[33m";
constexpr std::string_view other_colour = "\x1b[36m";
constexpr std::string_view faint = "\x1b[2m";

double in_ms(std::int64_t ns) {
  return static_cast<double>(ns) / 1e6;
}

class drawing {
public:
  drawing(const boot_report& report, unsigned columns, bool colours)
    : report_(report), colours_(colours) {
    for (const auto& box : report.boxes)
      name_width_ = std::max(name_width_, box.name.size());
    name_width_ = std::min(name_width_, longest_name);
    const std::size_t width = std::max(columns, narrowest);
    bar_width_ = width - name_width_ - 2 - figures_width;
    // Work that goes on after readiness is cut there: the boot is the subject.
    axis_ = report.total.value_or(0);
    if (!report.total)
      for (const auto& box : report.boxes)
        axis_ = std::max({axis_, box.start, box.end.value_or(0)});
    axis_ = std::max<std::int64_t>(axis_, 1);
  }

  std::string draw() {
    for (const auto& box : report_.boxes)
      line(box);
    summary();
    return std::move(text_);
  }

private:
  void colour(std::string_view code) {
    if (colours_)
      text_ += code;
  }

  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format,
                   std::forward<Args>(args)...);
  }

  std::size_t cell(std::int64_t at) const {
    const auto kept = std::clamp<std::int64_t>(at, 0, axis_);
    return static_cast<std::size_t>(static_cast<double>(kept)
                                    / static_cast<double>(axis_)
                                    * static_cast<double>(bar_width_));
  }

  void bar(const boot_box& box) {
    const auto first = std::min(cell(box.start), bar_width_ - 1);
    const auto last = std::max(cell(box.end.value_or(axis_)), first + 1);
    const bool goes_on = !box.end || *box.end > axis_;
    text_.append(first, ' ');
    colour(box.critical ? critical_colour : other_colour);
    for (auto i = first; i < last; ++i)
      text_ += goes_on && i + 1 == last ? "▶" : box.critical ? "█" : "▒";
    colour(plain);
    text_.append(bar_width_ - last, ' ');
  }

  void line(const boot_box& box) {
    auto name = box.name.substr(0, name_width_);
    add("{:<{}}  ", name, name_width_);
    bar(box);
    if (box.end)
      add(" {:>7.1f} ms", in_ms(*box.end - box.start));
    else
      add(" {:>10}", "goes on");
    text_ += box.critical ? " *" : "  ";
    if (box.outcome != "ok" && box.outcome != "open") {
      add(" {}", box.outcome);
    } else if (box.slack && !box.critical) {
      colour(faint);
      add(" slack {:.1f}", in_ms(*box.slack));
      colour(plain);
    }
    // Nothing after the mark leaves blanks behind.
    if (!colours_)
      text_.erase(text_.find_last_not_of(' ') + 1);
    text_ += '\n';
  }

  void summary() {
    if (report_.boxes.empty()) {
      text_ += "The boot left no record.\n";
      return;
    }
    if (!report_.total) {
      text_ += "The boot is not over.\n";
      return;
    }
    colour(bold);
    add("ready after {:.1f} ms", in_ms(*report_.total));
    colour(plain);
    text_ += '\n';
    const auto& own = report_.own_share;
    if (const auto sum = own.total())
      add("own share {:.1f} ms: {:.1f} to the spawn, {:.1f} to session/new, "
          "{:.1f} to ready\n",
          in_ms(*sum), in_ms(*own.to_spawn), in_ms(*own.to_session),
          in_ms(*own.to_ready));
    text_ += "* critical path; slack: how much longer it could have taken\n";
  }

  const boot_report& report_;
  bool colours_;
  std::size_t name_width_ = 0;
  std::size_t bar_width_ = 0;
  std::int64_t axis_ = 0;
  std::string text_;
};

} // namespace

std::string waterfall(const boot_report& report, unsigned columns,
                      bool colours) {
  return drawing{report, columns, colours}.draw();
}

} // namespace agent_server
