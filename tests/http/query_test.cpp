#include "http/query.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

TEST_CASE("a client that asks for nothing gets no ids") {
  const auto options = event_options_of("_modal_connect_token=x&ids=0", {});
  CHECK_FALSE(options.ids);
  CHECK_FALSE(options.after);
  CHECK(options.types.empty());
}

TEST_CASE("ids come to whoever asks for them or names one") {
  CHECK(event_options_of("ids=1", {}).ids);
  CHECK(event_options_of("after=1.2", {}).ids);
  CHECK(event_options_of("", "1.2").ids);
  CHECK(event_options_of("", "").ids);
}

TEST_CASE("an id is taken from the query, and before that from the header") {
  CHECK(event_options_of("a=b&after=12.34", {}).after == "12.34");
  CHECK(event_options_of("after=12.34", "56.78").after == "56.78");
  CHECK(event_options_of("after=12.34", "").after == "12.34");
  CHECK_FALSE(event_options_of("ids=1", "").after);
}

TEST_CASE("wanted types are a list, as it is written or encoded") {
  const std::vector<std::string> both{"plan", "_posthog/turn_complete"};
  CHECK(event_options_of("types=plan,_posthog/turn_complete", {}).types
        == both);
  CHECK(event_options_of("types=plan%2C,_posthog%2Fturn_complete,", {}).types
        == both);
}

TEST_CASE("what is no escape stays as it is") {
  CHECK(percent_decoded("%") == "%");
  CHECK(percent_decoded("%4") == "%4");
  CHECK(percent_decoded("%zz%41") == "%zzA");
  CHECK(percent_decoded("a+b%2b") == "a b+");
}
