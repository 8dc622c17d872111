#include "actors/permissions.hpp"

namespace agent_server {

permission_answer first_allowing(const permission_question& question) {
  for (const auto& option : question.options)
    if (option.kind == "allow_once" || option.kind == "allow_always")
      return {option.id};
  if (question.options.empty())
    return {};
  return {question.options.front().id};
}

permissions_actor::behavior_type permissions(permissions_self*) {
  return {
    [](const permission_question& question) {
      return first_allowing(question);
    },
  };
}

} // namespace agent_server
