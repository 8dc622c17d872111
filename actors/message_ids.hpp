#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <unordered_set>

namespace agent_server {

/// How many ids are remembered; the oldest is forgotten first.
constexpr std::size_t max_message_ids = 4'096;

/// Ids of messages, to tell a second delivery from a first.
class message_ids {
public:
  /// False when the id was taken before. An empty id is always new.
  bool take(const std::string& id) {
    if (id.empty())
      return true;
    if (!known_.insert(id).second)
      return false;
    order_.push_back(id);
    if (order_.size() > max_message_ids) {
      known_.erase(order_.front());
      order_.pop_front();
    }
    return true;
  }

  /// The id may be taken again.
  void release(const std::string& id) {
    if (known_.erase(id) > 0)
      order_.erase(std::find(order_.begin(), order_.end(), id));
  }

private:
  std::unordered_set<std::string> known_;
  std::deque<std::string> order_;
};

} // namespace agent_server
