#include "actors/local_plane.hpp"

// The fixture asks by one, and does not include it.
#include <caf/event_based_actor.hpp>

#include "fixture.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

using namespace agent_server;
namespace fs = std::filesystem;

namespace {

// Files are real, the scheduler is not.
struct local_plane_fixture : test::fixture {
  local_plane_fixture() {
    char name[] = "/tmp/plane-test-XXXXXX";
    root = mkdtemp(name);
    directory = root / "run-7";
  }

  ~local_plane_fixture() {
    std::error_code ignored;
    fs::remove_all(root, ignored);
  }

  control_plane_actor plane(const std::string& prompt) {
    return system.spawn(local_plane, directory.string(), prompt);
  }

  std::string text_of(const char* file) const {
    std::ifstream in{directory / file};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  void put(const char* file, const std::string& text) {
    fs::create_directories(directory);
    std::ofstream{directory / file} << text;
  }

  static std::shared_ptr<const std::string> entry(std::string text) {
    return std::make_shared<const std::string>(std::move(text));
  }

  fs::path root;
  fs::path directory;
};

using Catch::Contains;

} // namespace

TEST_CASE_METHOD(local_plane_fixture, "a new prompt becomes a task") {
  const auto found = ask<task>(plane("say \"hi\"\n"), get_task{});
  REQUIRE(found.answered());
  CHECK((*found.answer)->description == "say \"hi\"\n");
  CHECK_FALSE((*found.answer)->internal);
  CHECK((*found.answer)->json_schema.empty());
  CHECK(fs::is_directory(directory / "artifacts"));
  CHECK_THAT(text_of("task.json"), Contains(R"("id":"run-7")"));
}

TEST_CASE_METHOD(local_plane_fixture, "a new prompt has a run in the queue") {
  const auto found = ask<task_run>(plane("hi"), get_run{});
  REQUIRE(found.answered());
  CHECK((*found.answer)->id == "run-7");
  CHECK_FALSE((*found.answer)->initial_prompt_override);
  CHECK_THAT(text_of("run.json"), Contains(R"("status":"queued")"));
}

TEST_CASE_METHOD(local_plane_fixture,
                 "a run is changed as the API changes it") {
  const auto local = plane("hi");
  CHECK(ask<run_updated>(local, update_run{R"({"status":"in_progress"})"})
          .answered());
  CHECK(ask<run_updated>(local, update_run{R"({"output":{"pr_url":"u"}})"})
          .answered());
  CHECK_THAT(text_of("run.json"), Contains("in_progress"));
  CHECK_THAT(text_of("run.json"), Contains("pr_url"));
  CHECK_FALSE(fs::exists(directory / "run.json.new"));
}

TEST_CASE_METHOD(local_plane_fixture, "log entries are lines of a file") {
  const auto local = plane("hi");
  CHECK(ask<log_appended>(local, append_log{{entry("{\"a\":1}"), entry("{}")}})
          .answered());
  CHECK(ask<log_appended>(local, append_log{{entry("{\"b\":2}")}}).answered());
  CHECK(text_of("log.ndjson") == "{\"a\":1}\n{}\n{\"b\":2}\n");
}

TEST_CASE_METHOD(local_plane_fixture,
                 "a run of the same prompt is kept, with what it asks for") {
  REQUIRE(ask<task>(plane("hi"), get_task{}).answered());
  put("run.json", R"({"id":"mine","state":{"initial_prompt_override":"x"}})");
  const auto found = ask<task_run>(plane("hi"), get_run{});
  REQUIRE(found.answered());
  CHECK((*found.answer)->id == "mine");
  CHECK((*found.answer)->initial_prompt_override == "x");
}

TEST_CASE_METHOD(local_plane_fixture, "another prompt begins another run") {
  REQUIRE(ask<task>(plane("hi"), get_task{}).answered());
  put("run.json", R"({"id":"old","state":{}})");
  const auto local = plane("something else");
  CHECK((*ask<task_run>(local, get_run{}).answer)->id == "run-7");
  CHECK((*ask<task>(local, get_task{}).answer)->description
        == "something else");
}

TEST_CASE_METHOD(local_plane_fixture, "a file that is no task is named") {
  put("task.json", "not json");
  const auto found = ask<task>(plane("hi"), get_task{});
  REQUIRE(found.failed());
  CHECK(code_of(*found.error) == ec::control_plane_refused);
  CHECK_THAT(describe(*found.error),
             Contains((directory / "task.json").string()));
  CHECK(text_of("task.json") == "not json");
}

TEST_CASE_METHOD(local_plane_fixture, "a directory that cannot be is named") {
  std::ofstream{directory} << "a file";
  const auto found = ask<task>(plane("hi"), get_task{});
  REQUIRE(found.failed());
  CHECK(code_of(*found.error) == ec::control_plane_unreachable);
  CHECK_THAT(describe(*found.error),
             Contains((directory / "artifacts").string()));
}

TEST_CASE_METHOD(local_plane_fixture,
                 "artifacts are kept in the directory and given back") {
  const auto actor = plane("do");
  const auto kept = ask<artifacts_uploaded>(
    actor, upload_artifacts{{{"handoff/1.pack", "x/y", entry("cGFjaw==")}}});
  REQUIRE(kept.answer->has_value());
  CHECK((*kept.answer)->storage_paths
        == std::vector<std::string>{"artifacts/handoff/1.pack"});
  CHECK(text_of("artifacts/handoff/1.pack") == "cGFjaw==");
  download_artifact order{"artifacts/handoff/1.pack", (root / "copy").string()};
  CHECK(ask<artifact_downloaded>(actor, order).value().bytes == 8);
  CHECK(fs::file_size(root / "copy") == 8);
  order.max_size = 7;
  CHECK(ask<artifact_downloaded>(actor, order).failed());
}

TEST_CASE_METHOD(local_plane_fixture,
                 "no artifact lies outside of the directory of artifacts") {
  const auto actor = plane("do");
  for (const std::string name : {"../x", "a/../../x", "./x", "", "a//b"}) {
    INFO(name);
    CHECK(ask<artifacts_uploaded>(actor,
                                  upload_artifacts{{{name, "x/y", entry("")}}})
            .failed());
  }
  for (const std::string path :
       {"task.json", "artifacts/../task.json", "/etc/passwd"})
    CHECK(ask<artifact_downloaded>(
            actor, download_artifact{path, (root / "copy").string()})
            .failed());
}
