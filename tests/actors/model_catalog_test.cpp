#include "actors/model_catalog.hpp"

#include "fixture.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::test;

namespace {

const std::string two_models =
  R"({"object":"list","data":[{"id":"claude-opus-4-7","owned_by":"anthropic",)"
  R"("context_window":1000000},{"id":"gpt-5.4","owned_by":"openai"}]})";
const std::string one_model =
  R"({"object":"list","data":[{"id":"claude-haiku-4-5"}]})";
const std::string gateway = "http://gateway/posthog_code";

struct model_catalog_fixture : fixture {
  std::shared_ptr<http_inbox> web = std::make_shared<http_inbox>();
  model_catalog_actor catalog =
    system.spawn(model_catalog, fake_outbound(system, web), secret{"key"}, log);

  model_catalog_fixture() {
    at_end.emplace_back([box = web] { box->items.clear(); });
  }

  void fill() {
    self->send(catalog, warm_models{gateway});
    run();
    web->answer(0, answer_of(200, two_models));
    run();
  }
};

} // namespace

TEST_CASE_METHOD(model_catalog_fixture,
                 "one refresh serves all who ask for the same gateway") {
  self->send(catalog, warm_models{gateway});
  self->send(catalog, warm_models{gateway});
  auto one = ask<models>(catalog, get_models{gateway});
  auto two = ask<models>(catalog, get_models{gateway});
  REQUIRE(web->size() == 1);
  CHECK(web->question(0).url == gateway + "/v1/models");
  web->answer(0, answer_of(200, two_models));
  run();
  REQUIRE(one.answered());
  REQUIRE(two.answered());
  CHECK(one.value().list->size() == 2);
  CHECK(one.value().list == two.value().list);
}

TEST_CASE_METHOD(model_catalog_fixture, "a fresh entry is not fetched again") {
  fill();
  advance(model_list_lifetime - 1s);
  auto asked = ask<models>(catalog, get_models{gateway});
  CHECK(asked.answered());
  CHECK(web->size() == 1);
}

TEST_CASE_METHOD(model_catalog_fixture,
                 "a stale entry is served while one refresh is under way") {
  fill();
  advance(model_list_lifetime + 1s);
  auto one = ask<models>(catalog, get_models{gateway});
  auto two = ask<models>(catalog, get_models{gateway});
  CHECK(one.answered());
  CHECK(two.answered());
  CHECK(one.value().list->size() == 2);
  REQUIRE(web->size() == 2);
  web->answer(1, answer_of(200, one_model));
  run();
  auto three = ask<models>(catalog, get_models{gateway});
  CHECK(three.value().list->size() == 1);
}

TEST_CASE_METHOD(model_catalog_fixture,
                 "a failed refresh leaves the stale entry and may be retried") {
  fill();
  advance(model_list_lifetime + 1s);
  ask<models>(catalog, get_models{gateway});
  web->fail(1, ec::http_timeout, "no answer");
  run();
  auto again = ask<models>(catalog, get_models{gateway});
  CHECK(again.answered());
  CHECK(web->size() == 3);
}

TEST_CASE_METHOD(model_catalog_fixture,
                 "a gateway that fails is said and not remembered") {
  for (const auto& [status, body] : {std::pair{500, std::string{"oops"}},
                                     {200, "not json"},
                                     {200, R"({"data":[]})"}}) {
    const auto before = web->size();
    auto asked = ask<models>(catalog, get_models{gateway});
    REQUIRE(web->size() == before + 1);
    web->answer(before, answer_of(status, body));
    run();
    REQUIRE(asked.failed());
    CHECK(code_of(*asked.error) == ec::gateway_failed);
  }
  CHECK(was_logged("GET models failed: status 500"));
}

TEST_CASE_METHOD(model_catalog_fixture, "each gateway has a list of its own") {
  fill();
  auto other = ask<models>(catalog, get_models{"http://other"});
  REQUIRE(web->size() == 2);
  CHECK_FALSE(other.answered());
}
