#include "actors/agent/claude/control_calls.hpp"

#include <catch2/catch.hpp>

using namespace agent_server::claude;

namespace {

frame answer_to(const std::string& id, std::string error = {}) {
  frame f;
  f.kind = frame_kind::control_response;
  f.request_id = id;
  f.error = std::move(error);
  return f;
}

} // namespace

TEST_CASE("an answer goes to the call that it names") {
  control_calls calls;
  std::vector<std::string> heard;
  const auto a =
    calls.open(0, [&](const frame& f) { heard.push_back("a" + f.error); });
  const auto b =
    calls.open(0, [&](const frame& f) { heard.push_back("b" + f.error); });
  CHECK(calls.take(answer_to(b.id)));
  CHECK(calls.take(answer_to(a.id, " failed")));
  CHECK(heard == std::vector<std::string>{"b", "a failed"});
}

TEST_CASE("an answer to nothing we asked is not taken") {
  control_calls calls;
  int heard = 0;
  const auto a = calls.open(0, [&](const frame&) { ++heard; });
  CHECK_FALSE(calls.take(answer_to("theirs")));
  CHECK(calls.take(answer_to(a.id)));
  CHECK_FALSE(calls.take(answer_to(a.id)));
  CHECK(heard == 1);
}

TEST_CASE("a call that took too long fails once") {
  control_calls calls;
  std::vector<std::string> heard;
  const auto a =
    calls.open(0, [&](const frame& f) { heard.push_back(f.error); });
  calls.fail(a.number, "too long");
  calls.fail(a.number, "again");
  CHECK(heard == std::vector<std::string>{"too long"});
}

TEST_CASE("a call opened while all others fail stays open") {
  control_calls calls;
  int later = 0;
  std::string id;
  calls.open(0, [&](const frame&) {
    id = calls.open(0, [&](const frame&) { ++later; }).id;
  });
  calls.fail_all("gone");
  CHECK(later == 0);
  CHECK(calls.take(answer_to(id)));
  CHECK(later == 1);
}
