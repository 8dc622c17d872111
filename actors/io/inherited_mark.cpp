#include "actors/io/inherited_mark.hpp"

#include "actors/io/proc_file.hpp"

#include <charconv>
#include <functional>

namespace agent_server {

namespace {

// Microseconds; from here on they are millennia.
constexpr std::uint64_t least_mark = std::uint64_t{1} << 61;
constexpr std::string_view limit_name = "\nMax realtime timeout";

} // namespace

inherited_mark::inherited_mark(std::string_view marker)
  : number_(least_mark | std::hash<std::string_view>{}(marker) % least_mark) {}

bool inherited_mark::is_on(pid_t pid) const {
  // prlimit() would refuse where the process took on another user.
  const auto limits = read_proc_file(pid, "/limits");
  const auto line = limits.find(limit_name);
  if (line == std::string::npos)
    return false;
  const auto begin = limits.find_first_not_of(' ', line + limit_name.size());
  if (begin == std::string::npos)
    return false;
  std::uint64_t soft = 0;
  std::from_chars(limits.data() + begin, limits.data() + limits.size(), soft);
  return soft == number_;
}

inherited_mark::given_to_children::given_to_children(
  const inherited_mark& mark) {
  rlimit now{};
  if (getrlimit(RLIMIT_RTTIME, &now) != 0)
    return;
  const rlimit marked{mark.number_, now.rlim_max};
  if (setrlimit(RLIMIT_RTTIME, &marked) == 0)
    before_ = now;
}

inherited_mark::given_to_children::~given_to_children() {
  if (before_)
    setrlimit(RLIMIT_RTTIME, &*before_);
}

} // namespace agent_server
