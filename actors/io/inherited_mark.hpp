#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <sys/resource.h>
#include <sys/types.h>

namespace agent_server {

/// A number that a process hands on to all that descend from it, whatever they
/// do to their group, session, environment and parent: its soft limit of
/// real-time processor time (RLIMIT_RTTIME, getrlimit(2)), far too high to
/// limit anything. Only a process that sets that limit itself loses it.
class inherited_mark {
public:
  /// The number that stands for `marker`.
  explicit inherited_mark(std::string_view marker);

  /// Whether a process bears it; not when it cannot be looked at.
  bool is_on(pid_t pid) const;

  /// While it lives, processes that are started here are given the mark. They
  /// go without where the hard limit leaves no room. Process-wide: one at once.
  class given_to_children {
  public:
    explicit given_to_children(const inherited_mark& mark);
    ~given_to_children();
    given_to_children(const given_to_children&) = delete;
    given_to_children& operator=(const given_to_children&) = delete;

  private:
    std::optional<rlimit> before_;
  };

private:
  std::uint64_t number_;
};

} // namespace agent_server
