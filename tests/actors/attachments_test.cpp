#include "actors/attachments.hpp"

#include "fixture.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::test;

namespace {

attachment file(std::string id, std::string name) {
  attachment out;
  out.storage_path = "stored/" + name;
  out.id = std::move(id);
  out.name = std::move(name);
  return out;
}

struct attachments_fixture : fixture {
  std::shared_ptr<plane_inbox> plane = std::make_shared<plane_inbox>();
  attachments_actor fetcher =
    system.spawn(attachments, fake_plane(system, plane), fake_disk(),
                 "/repo/.posthog/attachments/R", log);

  attachments_fixture() {
    at_end.emplace_back([box = plane] { box->clear(); });
  }

  std::string path(std::size_t which) const {
    return plane->downloads.question(which).to_path;
  }

  void give(std::size_t which) {
    plane->downloads.answer(which, artifact_downloaded{1});
    run();
  }
};

} // namespace

TEST_CASE("a file's name is made safe as callers know it") {
  CHECK(safe_file_name("report.pdf") == "report.pdf");
  CHECK(safe_file_name("a/b/c d.png") == "c_d.png");
  CHECK(safe_file_name("dir/") == "dir");
  CHECK(safe_file_name("  x  ") == "x");
  CHECK(safe_file_name("grün 𝄞.txt") == "gr_n___.txt");
  for (const auto* none : {"", " ", "/", ".", "..", "a/.."})
    CHECK(safe_file_name(none) == "attachment");
}

TEST_CASE("a long name keeps its end") {
  const auto name = safe_file_name(std::string(500, 'x') + ".png");
  CHECK(name.size() == max_attachment_name);
  CHECK(name.substr(name.size() - 5) == "x.png");
}

TEST_CASE("an id cannot leave the directory (contract 19/40: it could)") {
  CHECK(attachment_place(file("a-1", "x.txt")) == "a-1/x.txt");
  CHECK(attachment_place(file("../../etc", "x.txt")) == ".._.._etc/x.txt");
  CHECK(attachment_place(file("/etc", "passwd")) == "_etc/passwd");
  CHECK(attachment_place(file("..", "x.txt")) == "x.txt/x.txt");
  CHECK(attachment_place(file("", "x.txt")) == "x.txt/x.txt");
  CHECK(attachment_place(file("a", "../../x")) == "a/x");
}

TEST_CASE("what has no place at the control plane is left out in words") {
  auto lost = file("b", "lost.txt");
  lost.storage_path.clear();
  std::vector<std::string> refusals;
  const auto found =
    fetchable({file("a", "x.txt"), lost, file("c", "y.txt")}, refusals);
  CHECK(found
        == std::vector<attachment>{file("a", "x.txt"), file("c", "y.txt")});
  REQUIRE(refusals.size() == 1);
  CHECK(refusals[0].find("lost.txt") != std::string::npos);
}

TEST_CASE("a message brings so many attachments and no more") {
  std::vector<std::string> refusals;
  const std::vector<attachment> many(max_attachments + 2, file("a", "x.txt"));
  CHECK(fetchable(many, refusals).size() == max_attachments);
  CHECK(refusals.size() == 2);
}

TEST_CASE_METHOD(attachments_fixture,
                 "attachments are downloaded side by side and told of in "
                 "order") {
  auto fetched = ask<attachments_fetched>(
    fetcher, fetch_attachments{{file("a", "x.txt"), file("b", "y.txt")}});
  REQUIRE(plane->downloads.size() == 2);
  CHECK(path(0) == "/repo/.posthog/attachments/R/a/x.txt");
  CHECK(path(1) == "/repo/.posthog/attachments/R/b/y.txt");
  CHECK(plane->downloads.question(0).storage_path == "stored/x.txt");
  CHECK(plane->downloads.question(0).max_size == max_attachment_size);
  give(1);
  CHECK_FALSE(fetched.answered());
  give(0);
  REQUIRE(fetched.answered());
  CHECK(fetched.value().blocks
        == R"([{"type":"resource_link","uri":"file:///repo/.posthog/)"
           R"(attachments/R/a/x.txt","name":"x.txt"},)"
           R"({"type":"resource_link","uri":"file:///repo/.posthog/)"
           R"(attachments/R/b/y.txt","name":"y.txt"}])");
}

TEST_CASE_METHOD(attachments_fixture,
                 "two attachments of one name have a file each") {
  ask<attachments_fetched>(
    fetcher, fetch_attachments{{file("", "x.txt"), file("", "x.txt")}});
  REQUIRE(plane->downloads.size() == 2);
  CHECK(path(0) != path(1));
}

TEST_CASE_METHOD(attachments_fixture,
                 "one that cannot be had fails them all by its name") {
  auto fetched = ask<attachments_fetched>(
    fetcher, fetch_attachments{{file("a", "x.txt"), file("b", "y.txt")}});
  plane->downloads.fail(1, ec::control_plane_refused, "[404]");
  run();
  REQUIRE(fetched.failed());
  CHECK(describe(*fetched.error) == "Failed to download artifact y.txt");
  CHECK(was_logged("[404]"));
  give(0);
}

TEST_CASE_METHOD(attachments_fixture, "two messages do not mix") {
  auto one =
    ask<attachments_fetched>(fetcher, fetch_attachments{{file("a", "x.txt")}});
  auto two =
    ask<attachments_fetched>(fetcher, fetch_attachments{{file("b", "y.txt")}});
  give(1);
  CHECK_FALSE(one.answered());
  REQUIRE(two.answered());
  CHECK(two.value().blocks.find("y.txt") != std::string::npos);
  give(0);
  CHECK(one.answered());
}
