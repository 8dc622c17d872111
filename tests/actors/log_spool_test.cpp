#include "actors/log_spool.hpp"

#include "scratch.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <optional>

using namespace agent_server;
using namespace agent_server::test;

namespace {

constexpr std::size_t many = 1'000;
constexpr std::size_t large = 64u << 20;

/// A spool whose process can be killed and started again.
struct spool_fixture {
  scratch directory;
  std::string path = directory.file("log");
  std::optional<log_spool> spool;

  spool_fixture() { start(); }

  void start() {
    spool.emplace();
    REQUIRE_FALSE(spool->open(path));
  }
  void start_again() {
    spool.reset();
    start();
  }
  void append(const std::string& entry) { REQUIRE_FALSE(spool->append(entry)); }
  log_spool::batch read(std::size_t entries = many, std::size_t bytes = large) {
    log_spool::batch found;
    REQUIRE_FALSE(spool->read(found, entries, bytes));
    return found;
  }
  static std::string text(const log_spool::batch& of) {
    std::string all;
    for (const auto& each : of.entries)
      all += *each + " ";
    return all;
  }
};

} // namespace

TEST_CASE_METHOD(spool_fixture,
                 "the spool gives back what an ended process appended") {
  append("a");
  append("with\nnewlines\n");
  append("");
  start_again();
  CHECK(spool->pending() == 3);
  CHECK(text(read()) == "a with\nnewlines\n  ");
  CHECK_FALSE(read().repeated);
}

TEST_CASE_METHOD(spool_fixture, "a batch of the spool is bounded") {
  for (const auto* entry : {"12345", "12345", "12345"})
    append(entry);
  CHECK(read(2).entries.size() == 2);
  CHECK(read(many, 10).entries.size() == 2);
  // One entry goes out however large it is.
  CHECK(read(many, 1).entries.size() == 1);
}

TEST_CASE_METHOD(spool_fixture, "what was taken is not given again") {
  append("a");
  append("b");
  const auto first = read(1);
  spool->sending(first);
  spool->taken(first);
  CHECK(text(read()) == "b ");
  start_again();
  CHECK(spool->pending() == 1);
  CHECK(text(read()) == "b ");
  CHECK_FALSE(read().repeated);
}

TEST_CASE_METHOD(spool_fixture,
                 "a batch that was under way when the process ended comes "
                 "again, by itself, as a repeated one") {
  append("a");
  append("b");
  append("c");
  spool->sending(read(2));
  start_again();
  const auto again = read();
  CHECK(again.repeated);
  CHECK(text(again) == "a b ");
  spool->sending(again);
  spool->taken(again);
  CHECK_FALSE(read().repeated);
  CHECK(text(read()) == "c ");
}

TEST_CASE_METHOD(spool_fixture,
                 "a batch that was not taken is not a repeated one") {
  append("a");
  spool->sending(read());
  spool->not_taken();
  CHECK_FALSE(read().repeated);
  start_again();
  CHECK_FALSE(read().repeated);
}

TEST_CASE_METHOD(spool_fixture,
                 "a refusal of the second try does not tell what became of the "
                 "first") {
  append("a");
  const auto batch = read();
  spool->sending(batch);
  spool->answer_lost(batch);
  spool->sending(read());
  spool->not_taken();
  CHECK(read().repeated);
  start_again();
  CHECK(read().repeated);
}

TEST_CASE_METHOD(spool_fixture,
                 "an entry that was being written when the process ended is "
                 "cut off") {
  append("whole");
  spool.reset();
  std::ofstream{path, std::ios::app} << "E 20 0\nhalf an en";
  start();
  CHECK(spool->pending() == 1);
  append("next");
  start_again();
  CHECK(text(read()) == "whole next ");
}

TEST_CASE_METHOD(spool_fixture,
                 "a spool whose entries are taken gives its space back") {
  const auto empty = std::filesystem::file_size(path);
  append(std::string(10'000, 'x'));
  const auto batch = read();
  spool->sending(batch);
  spool->taken(batch);
  CHECK(std::filesystem::file_size(path) == empty);
}

TEST_CASE_METHOD(spool_fixture,
                 "a spool that is never empty does not grow without end") {
  const std::string entry(1u << 20, 'x');
  append("first");
  for (int i = 0; i < 40; ++i) {
    append(entry + std::to_string(i));
    const auto batch = read(1);
    spool->sending(batch);
    spool->taken(batch);
    REQUIRE(spool->pending() == 1);
  }
  CHECK(std::filesystem::file_size(path) < spool_waste + (4u << 20));
  start_again();
  REQUIRE(spool->pending() == 1);
  CHECK(*read().entries.front() == entry + "39");
}

TEST_CASE_METHOD(spool_fixture,
                 "what may have been delivered is known after clearing away") {
  const std::string entry(1u << 20, 'x');
  for (int i = 0; i < 20; ++i)
    append(entry);
  append("doubtful");
  append("new");
  for (int i = 0; i < 19; ++i) {
    const auto batch = read(1);
    spool->sending(batch);
    spool->taken(batch);
  }
  const auto two = read(2);
  spool->sending(two);
  spool->answer_lost(two);
  const auto one = read(1);
  spool->sending(one);
  spool->taken(one);
  start_again();
  CHECK(spool->pending() == 2);
  CHECK(read().repeated);
  CHECK(text(read()) == "doubtful ");
}

TEST_CASE_METHOD(spool_fixture,
                 "the pieces of a message that was not whole are given back") {
  const std::chrono::system_clock::time_point at{std::chrono::seconds{1'000}};
  append("before");
  REQUIRE_FALSE(spool->append_piece(at, "Hel"));
  REQUIRE_FALSE(spool->append_piece(at + std::chrono::seconds{5}, "lo\n"));
  start_again();
  auto open = spool->take_open_text();
  REQUIRE(open);
  CHECK(open->text == "Hello\n");
  CHECK(open->at == at);
  CHECK_FALSE(spool->take_open_text());
}

TEST_CASE_METHOD(spool_fixture,
                 "an entry stands for the pieces that came before it") {
  REQUIRE_FALSE(spool->append_piece({}, "Hel"));
  append("Hello");
  start_again();
  CHECK_FALSE(spool->take_open_text());
  CHECK(spool->pending() == 1);
}

TEST_CASE_METHOD(spool_fixture, "pieces outlive the entries before them") {
  append("before");
  REQUIRE_FALSE(spool->append_piece({}, "Hel"));
  const auto batch = read();
  spool->sending(batch);
  spool->taken(batch);
  start_again();
  REQUIRE(spool->take_open_text());
}

TEST_CASE_METHOD(spool_fixture, "one process has a spool at a time") {
  log_spool other;
  const auto problem = other.open(path);
  REQUIRE(problem);
  CHECK_FALSE(other.is_open());
  spool.reset();
  CHECK_FALSE(other.open(path));
}

TEST_CASE("a file that is no spool is left alone") {
  const scratch directory;
  const auto path = directory.file("notes");
  std::ofstream{path} << "something that is dear to somebody";
  log_spool spool;
  CHECK(spool.open(path));
  CHECK(content_of(path) == "something that is dear to somebody");
}

TEST_CASE_METHOD(spool_fixture, "nobody else may read the spool") {
  namespace fs = std::filesystem;
  CHECK(fs::status(path).permissions()
        == (fs::perms::owner_read | fs::perms::owner_write));
}
