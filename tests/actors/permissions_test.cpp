#include "actors/permissions.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

TEST_CASE("an unattended session takes the first option that allows") {
  CHECK(first_allowing({"t",
                        {{"no", "No", "reject_once"},
                         {"yes", "Yes", "allow_once"},
                         {"always", "Always", "allow_always"}}})
          .option_id
        == "yes");
}

TEST_CASE("where no option allows, the first is taken") {
  CHECK(
    first_allowing({"t", {{"a", "A", "other"}, {"b", "B", "other"}}}).option_id
    == "a");
}

TEST_CASE("a question without options is cancelled") {
  CHECK(first_allowing({"t", {}}).option_id.empty());
}
