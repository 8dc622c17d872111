#include "actors/control_plane.hpp"

#include "actors/health.hpp"
#include "fixture.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::test;

namespace {

struct control_plane_fixture : fixture {
  std::shared_ptr<http_inbox> web = std::make_shared<http_inbox>();
  std::shared_ptr<published_health> published =
    std::make_shared<published_health>();
  control_plane_actor plane;

  control_plane_fixture() {
    at_end.emplace_back([box = web] { box->items.clear(); });
    control_plane_config config;
    config.api_url = "http://api";
    config.api_key = secret{"key"};
    config.project_id = "1";
    config.task_id = "T";
    config.run_id = "R";
    const auto watcher = system.spawn(health, published, health_snapshot{});
    plane = system.spawn(control_plane, config, fake_outbound(system, web),
                         watcher, log, 20'000ms);
  }

  void answer_last(int status, std::string body = "{}") {
    web->answer(web->size() - 1, answer_of(status, std::move(body)));
    run();
  }
};

} // namespace

TEST_CASE_METHOD(
  control_plane_fixture,
  "task and run are asked for at the addresses of the task API") {
  ask<task>(plane, get_task{});
  ask<task_run>(plane, get_run{});
  REQUIRE(web->size() == 2);
  CHECK(web->question(0).url == "http://api/api/projects/1/tasks/T/");
  CHECK(web->question(1).url == "http://api/api/projects/1/tasks/T/runs/R/");
  CHECK(web->question(0).bearer.reveal() == "key");
}

TEST_CASE_METHOD(control_plane_fixture,
                 "a server error is tried again with growing pauses") {
  for (const int status : {500, 502, 503, 504}) {
    const auto before = web->size();
    auto asked = ask<task_run>(plane, get_run{});
    answer_last(status);
    CHECK(web->size() == before + 1);
    advance(first_api_backoff);
    CHECK(web->size() == before + 2);
    answer_last(200, R"({"id":"R"})");
    CHECK(asked.answered());
  }
}

TEST_CASE_METHOD(control_plane_fixture,
                 "what is not idempotent is not repeated on a server error") {
  auto asked = ask<log_appended>(plane, append_log{});
  answer_last(503);
  advance(60s);
  CHECK(web->size() == 1);
  CHECK(asked.failed());
}

TEST_CASE_METHOD(control_plane_fixture,
                 "a connection that fails is tried again until the boot's time "
                 "is over") {
  // contract 19/43: upstream has neither time-outs nor retries.
  auto asked = ask<task_run>(plane, get_run{});
  for (int i = 0; i < 100 && !asked.failed(); ++i) {
    web->fail(web->size() - 1, ec::http_connect, "refused");
    run();
    for (int step = 0; step < 60 && !asked.failed(); ++step) {
      const auto before = web->size();
      advance(100ms);
      if (web->size() > before)
        break;
    }
  }
  REQUIRE(asked.failed());
  CHECK(code_of(*asked.error) == ec::control_plane_unreachable);
  CHECK(web->size() <= max_api_tries);
  CHECK(web->size() >= 3);
}

TEST_CASE_METHOD(control_plane_fixture,
                 "a refused key is tried once more and then believed") {
  for (const int status : {401, 403}) {
    const auto before = web->size();
    auto asked = ask<task_run>(plane, get_run{});
    answer_last(status);
    advance(1ms);
    REQUIRE(web->size() == before + 2);
    answer_last(status);
    advance(10s);
    CHECK(web->size() == before + 2);
    REQUIRE(asked.failed());
    CHECK(code_of(*asked.error) == ec::control_plane_refused);
  }
}

TEST_CASE_METHOD(control_plane_fixture,
                 "a missing run is not asked for twice") {
  auto asked = ask<task_run>(plane, get_run{});
  answer_last(404, R"({"detail":"Not found."})");
  advance(10s);
  CHECK(web->size() == 1);
  REQUIRE(asked.failed());
  CHECK(code_of(*asked.error) == ec::control_plane_refused);
  CHECK(describe(*asked.error)
        == R"(GET run: Failed request: [404] {"detail":"Not found."})");
}

TEST_CASE_METHOD(control_plane_fixture, "Retry-After is honoured on 429") {
  auto asked = ask<task_run>(plane, get_run{});
  auto busy = answer_of(429, "{}");
  busy.retry_after = 3s;
  web->answer(0, busy);
  run();
  advance(2s);
  CHECK(web->size() == 1);
  advance(1s);
  CHECK(web->size() == 2);
}

TEST_CASE_METHOD(control_plane_fixture,
                 "a pause that would end after the boot's time is not begun") {
  auto asked = ask<task_run>(plane, get_run{});
  auto busy = answer_of(429, "{}");
  busy.retry_after = 30s;
  web->answer(0, busy);
  run();
  CHECK(asked.failed());
}

TEST_CASE_METHOD(control_plane_fixture,
                 "a retry is shown while it is waited for") {
  ask<task_run>(plane, get_run{});
  answer_last(503);
  const auto& phase =
    published->read()
      ->phases[static_cast<std::size_t>(boot_phase::context_fetch)];
  CHECK(phase.retrying.find("GET run") == 0);
}

TEST_CASE_METHOD(control_plane_fixture,
                 "an answer that is no JSON object is a refusal") {
  auto asked = ask<task_run>(plane, get_run{});
  answer_last(200, "<html>");
  REQUIRE(asked.failed());
  CHECK(code_of(*asked.error) == ec::control_plane_refused);
}

TEST_CASE_METHOD(control_plane_fixture, "an oversized answer is a refusal") {
  auto asked = ask<task_run>(plane, get_run{});
  web->fail(0, ec::http_too_large, "100 MB");
  run();
  REQUIRE(asked.failed());
  CHECK(code_of(*asked.error) == ec::control_plane_refused);
}

TEST_CASE_METHOD(control_plane_fixture,
                 "a refusal of log entries says whether it is for good") {
  for (const int status : {400, 413, 422}) {
    auto asked = ask<log_appended>(plane, append_log{});
    answer_last(status);
    REQUIRE(asked.failed());
    CHECK(code_of(*asked.error) == ec::entries_refused);
  }
  // Of the run, not of the entries: it may pass.
  auto lost = ask<log_appended>(plane, append_log{});
  answer_last(404);
  REQUIRE(lost.failed());
  CHECK(code_of(*lost.error) == ec::control_plane_refused);
  auto asked = ask<log_appended>(plane, append_log{});
  answer_last(403);
  advance(1ms);
  answer_last(403);
  REQUIRE(asked.failed());
  CHECK(code_of(*asked.error) == ec::control_plane_refused);
}

TEST_CASE_METHOD(control_plane_fixture,
                 "log entries may have been taken when the answer is lost") {
  for (const auto code :
       {ec::http_broken, ec::http_timeout, ec::http_too_large}) {
    auto asked = ask<log_appended>(plane, append_log{});
    web->fail(web->size() - 1, code, "no answer");
    run();
    REQUIRE(asked.failed());
    CHECK(code_of(*asked.error) == ec::answer_lost);
  }
  // A gateway between knows of no answer either.
  for (const int status : {502, 504}) {
    auto asked = ask<log_appended>(plane, append_log{});
    answer_last(status);
    REQUIRE(asked.failed());
    CHECK(code_of(*asked.error) == ec::answer_lost);
  }
  for (const int status : {500, 503}) {
    auto asked = ask<log_appended>(plane, append_log{});
    answer_last(status);
    REQUIRE(asked.failed());
    CHECK(code_of(*asked.error) == ec::control_plane_unreachable);
  }
}

TEST_CASE_METHOD(control_plane_fixture,
                 "a connection that breaks under a request is tried again only "
                 "when twice does no harm") {
  ask<task_run>(plane, get_run{});
  web->fail(0, ec::http_broken, "reset");
  run();
  advance(first_api_backoff);
  CHECK(web->size() == 2);
  auto asked = ask<log_appended>(plane, append_log{});
  web->fail(2, ec::http_broken, "reset");
  run();
  CHECK(asked.failed());
  advance(60s);
  CHECK(web->size() == 3);
}

TEST_CASE_METHOD(control_plane_fixture,
                 "what has to be mended first is not tried again") {
  auto asked = ask<task_run>(plane, get_run{});
  web->fail(0, ec::http_unusable, "install the package libcurl4");
  run();
  REQUIRE(asked.failed());
  CHECK(code_of(*asked.error) == ec::control_plane_unreachable);
  CHECK(describe(*asked.error) == "GET run: install the package libcurl4");
  advance(20s);
  CHECK(web->size() == 1);
}

TEST_CASE_METHOD(control_plane_fixture,
                 "artifacts are posted, again when the server has trouble") {
  artifact pack{"n", "x/y", std::make_shared<const std::string>("cGFjaw==")};
  auto kept = ask<artifacts_uploaded>(plane, upload_artifacts{{pack}});
  REQUIRE(web->size() == 1);
  CHECK(web->question(0).method == "POST");
  CHECK(web->question(0).url
        == "http://api/api/projects/1/tasks/T/runs/R/artifacts/");
  CHECK(*web->question(0).shared_body
        == R"({"artifacts":[{"name":"n","type":"artifact",)"
           R"("content":"cGFjaw==","content_type":"x/y"}]})");
  answer_last(503);
  advance(first_api_backoff);
  REQUIRE(web->size() == 2);
  answer_last(200, R"({"artifacts":[{"storage_path":"old"},)"
                   R"({"storage_path":"p"}]})");
  REQUIRE(kept.answered());
  CHECK(kept.value().storage_paths == std::vector<std::string>{"p"});
}

TEST_CASE_METHOD(control_plane_fixture,
                 "an artifact is downloaded to its file") {
  auto got = ask<artifact_downloaded>(plane, download_artifact{"p", "/f", 10});
  REQUIRE(web->size() == 1);
  const auto& request = web->question(0);
  CHECK(request.url
        == "http://api/api/projects/1/tasks/T/runs/R/artifacts/download/");
  CHECK(request.body == R"({"storage_path":"p"})");
  CHECK(request.to_file == "/f");
  CHECK(request.max_body == 10);
  auto done = answer_of(200, "");
  done.body_size = 7;
  web->answer(0, done);
  run();
  CHECK(got.value().bytes == 7);
}
