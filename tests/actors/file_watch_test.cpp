#include "actors/io/file_watch.hpp"

#include "tests/actors/io_fixture.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using namespace agent_server;
using namespace agent_server::test;
using namespace std::chrono_literals;

namespace {

struct watch_fixture : io_fixture {
  scratch_directory files;
  file_watch_actor watch = spawn(file_watch);

  auto wait_for(const std::string& name,
                std::chrono::milliseconds deadline = 60s) {
    return ask<file_exists>(watch, await_file{files / name, deadline});
  }

  void touch(const std::string& name) { std::ofstream{files / name}; }
  void make(const std::string& name) {
    std::filesystem::create_directories(files / name);
  }

  template <class Reply>
  bool found(const Reply& reply) {
    return run_until([&] { return reply->done(); }) && reply->value;
  }
};

} // namespace

TEST_CASE("a file that is there is found at once", "[file_watch]") {
  watch_fixture f;
  f.touch("ready");
  CHECK(f.found(f.wait_for("ready")));
}

TEST_CASE("a file is found when it is created", "[file_watch]") {
  watch_fixture f;
  auto reply = f.wait_for("ready");
  f.run_for(20ms);
  CHECK_FALSE(reply->done());
  f.touch("other");
  f.run_for(20ms);
  CHECK_FALSE(reply->done());
  f.touch("ready");
  CHECK(f.found(reply));
}

TEST_CASE("a file is found when it is moved into place", "[file_watch]") {
  watch_fixture f;
  f.touch("ready.tmp");
  auto reply = f.wait_for("ready");
  f.run_for(20ms);
  std::filesystem::rename(f.files / "ready.tmp", f.files / "ready");
  CHECK(f.found(reply));
}

TEST_CASE("a file is found in directories that did not exist", "[file_watch]") {
  watch_fixture f;
  auto reply = f.wait_for("a/b/c/ready");
  f.run_for(20ms);
  f.make("a");
  f.run_for(20ms);
  f.make("a/b/c");
  f.run_for(20ms);
  CHECK_FALSE(reply->done());
  f.touch("a/b/c/ready");
  CHECK(f.found(reply));
}

TEST_CASE("directories and file made in one go are not missed",
          "[file_watch]") {
  watch_fixture f;
  auto reply = f.wait_for("a/b/c/ready");
  f.run_for(20ms);
  f.make("a/b/c");
  f.touch("a/b/c/ready");
  CHECK(f.found(reply));
}

TEST_CASE("a directory that is removed and made again is followed",
          "[file_watch]") {
  watch_fixture f;
  f.make("a");
  auto reply = f.wait_for("a/ready");
  f.run_for(20ms);
  std::filesystem::remove_all(f.files / "a");
  f.run_for(20ms);
  f.make("a");
  f.run_for(20ms);
  f.touch("a/ready");
  CHECK(f.found(reply));
}

TEST_CASE("a file that does not come in time is an error that names flag and "
          "path",
          "[file_watch]") {
  watch_fixture f;
  auto reply = f.wait_for("ready", 30ms);
  REQUIRE(f.run_until([&] { return reply->done(); }));
  REQUIRE(reply->error);
  CHECK(code_of(*reply->error) == ec::repository_timeout);
  CHECK(describe(*reply->error)
        == "--repoReadyFile: " + (f.files / "ready")
             + " did not appear within 30 ms; create it once the repository "
               "is in place, or leave the flag out");
}

TEST_CASE("several waits are answered each by its own file", "[file_watch]") {
  watch_fixture f;
  auto one = f.wait_for("one");
  auto two = f.wait_for("sub/two");
  auto same = f.wait_for("one");
  auto late = f.wait_for("late", 50ms);
  f.run_for(10ms);
  f.touch("one");
  CHECK(f.found(one));
  CHECK(f.found(same));
  CHECK_FALSE(two->done());
  REQUIRE(f.run_until([&] { return late->done(); }));
  CHECK(late->error);
  f.make("sub");
  f.touch("sub/two");
  CHECK(f.found(two));
}

TEST_CASE("a wait is answered when the actor ends", "[file_watch]") {
  watch_fixture f;
  auto reply = f.wait_for("ready");
  f.run_for(10ms);
  caf::anon_send_exit(f.watch, caf::exit_reason::user_shutdown);
  REQUIRE(f.run_until([&] { return reply->done(); }));
  CHECK(describe(*reply->error).find("ended before") != std::string::npos);
}
