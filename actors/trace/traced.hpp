#pragma once

#include "actors/trace/message_records.hpp"
#include "actors/trace/recorder.hpp"

#include <caf/actor_config.hpp>
#include <caf/execution_unit.hpp>
#include <caf/invoke_message_result.hpp>
#include <caf/mailbox_element.hpp>
#include <utility>

namespace agent_server {

/// Stands between an actor and its base and records every message: when it was
/// put into the mailbox, by whom and because of what, and how it was handled.
/// What the handler sends is recorded as caused by that handling.
template <class Base>
class traced : public Base {
public:
  using Base::Base;

  void launch(caf::execution_unit* unit, bool lazy, bool hide) override {
    trace::name_actor(this->id(), this->name());
    Base::launch(unit, lazy, hide);
  }

  void enqueue(caf::mailbox_element_ptr element,
               caf::execution_unit* unit) override {
    trace::message_sent(*element, this->id());
    Base::enqueue(std::move(element), unit);
  }

protected:
  caf::invoke_message_result consume(caf::mailbox_element& element) override {
    trace::message_handling handling{element, this->id()};
    const auto result = Base::consume(element);
    handling.ended(result);
    return result;
  }
};

} // namespace agent_server
