#include "actors/session_log.hpp"

#include "fixture.hpp"
#include "messages/wire/notifications.hpp"
#include "scratch.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;
using namespace agent_server::test;

namespace {

struct session_log_fixture : fixture {
  std::shared_ptr<plane_inbox> plane = std::make_shared<plane_inbox>();
  session_log_settings settings;
  session_log_actor log_actor =
    system.spawn(session_log, fake_plane(system, plane), settings, log);

  session_log_fixture() {
    at_end.emplace_back([box = plane] { box->clear(); });
  }

  void say(journal_kind kind, std::string text, std::string line = "{}") {
    journal_entry entry = make_entry(std::move(line));
    entry.kind = kind;
    entry.text = std::move(text);
    self->send(log_actor, entry);
    run();
  }

  std::string sent(std::size_t batch) const {
    std::string all;
    for (const auto& entry : plane->logs.question(batch).entries)
      all += *entry + "\n";
    return all;
  }
};

} // namespace

TEST_CASE_METHOD(session_log_fixture,
                 "chunks of a message become one entry once it is over") {
  say(journal_kind::text_chunk, "Hel");
  say(journal_kind::text_chunk, "lo");
  say(journal_kind::other, "", R"({"id":2,"result":{}})");
  advance(log_flush_interval);
  REQUIRE(plane->logs.size() == 1);
  REQUIRE(plane->logs.question(0).entries.size() == 2);
  CHECK(sent(0).find(R"("sessionUpdate":"agent_message")")
        != std::string::npos);
  CHECK(sent(0).find(R"("text":"Hello")") != std::string::npos);
}

TEST_CASE_METHOD(session_log_fixture,
                 "a whole message replaces the chunks that announced it") {
  say(journal_kind::text_chunk, "Hel");
  say(journal_kind::message, "Hello", R"({"whole":true})");
  advance(log_flush_interval);
  REQUIRE(plane->logs.size() == 1);
  CHECK(plane->logs.question(0).entries.size() == 1);
  CHECK(sent(0).find(R"({"whole":true})") != std::string::npos);
}

TEST_CASE_METHOD(session_log_fixture, "chunks without text are not logged") {
  say(journal_kind::other_chunk, "");
  advance(log_flush_interval);
  CHECK(plane->logs.size() == 0);
}

TEST_CASE_METHOD(session_log_fixture,
                 "entries leave at a fixed interval, however many come") {
  // contract 19/29: upstream re-arms its timer at every entry.
  for (int i = 0; i < 10; ++i) {
    say(journal_kind::other, "");
    advance(log_flush_interval / 5);
  }
  CHECK(plane->logs.size() == 1);
  CHECK(plane->logs.question(0).entries.size() == 5);
}

TEST_CASE_METHOD(session_log_fixture,
                 "a refused batch goes first, for as long as it takes") {
  // contract 19/30: upstream drops a batch after ten failures.
  say(journal_kind::other, "", R"({"n":1})");
  advance(log_flush_interval);
  for (std::size_t i = 0; i < 20; ++i) {
    REQUIRE(plane->logs.size() == i + 1);
    plane->logs.fail(i, ec::control_plane_unreachable, "down");
    run();
    advance(longest_log_backoff);
  }
  say(journal_kind::other, "", R"({"n":2})");
  plane->logs.answer(20, log_appended{});
  run();
  advance(log_flush_interval);
  REQUIRE(plane->logs.size() == 22);
  CHECK(sent(20).find(R"({"n":1})") != std::string::npos);
  CHECK(sent(21).find(R"({"n":2})") != std::string::npos);
}

TEST_CASE_METHOD(session_log_fixture, "a batch is bounded") {
  for (std::size_t i = 0; i < max_batch_entries + 1; ++i)
    say(journal_kind::other, "");
  advance(log_flush_interval);
  REQUIRE(plane->logs.size() == 1);
  CHECK(plane->logs.question(0).entries.size() == max_batch_entries);
}

TEST_CASE_METHOD(
  session_log_fixture,
  "a flush sends the open message and answers when it is taken") {
  say(journal_kind::text_chunk, "bye");
  auto flushed = ask<log_flushed>(log_actor, flush_log{});
  REQUIRE(plane->logs.size() == 1);
  CHECK_FALSE(flushed.answered());
  plane->logs.answer(0, log_appended{});
  run();
  CHECK(flushed.answered());
  CHECK(sent(0).find("bye") != std::string::npos);
}

TEST_CASE_METHOD(session_log_fixture,
                 "a flush of nothing is answered at once") {
  CHECK(ask<log_flushed>(log_actor, flush_log{}).answered());
}

TEST_CASE_METHOD(session_log_fixture,
                 "a flush is answered also when the batch is refused") {
  say(journal_kind::other, "");
  auto flushed = ask<log_flushed>(log_actor, flush_log{});
  plane->logs.fail(0, ec::control_plane_unreachable, "down");
  run();
  CHECK(flushed.answered());
}

TEST_CASE_METHOD(session_log_fixture,
                 "an entry that is refused for good is found, dropped and "
                 "counted, and the others go on") {
  for (int i = 0; i < 8; ++i)
    say(journal_kind::other, "", R"({"n":)" + std::to_string(i) + "}");
  std::string taken;
  for (std::size_t i = 0; i < 40; ++i) {
    advance(log_flush_interval);
    if (plane->logs.size() <= i)
      break;
    if (sent(i).find(R"({"n":5})") != std::string::npos) {
      plane->logs.fail(i, ec::entries_refused, "[413] too large");
    } else {
      taken += sent(i);
      plane->logs.answer(i, log_appended{});
    }
    run();
  }
  for (int i = 0; i < 8; ++i) {
    const auto entry = R"({"n":)" + std::to_string(i) + "}";
    const auto at = taken.find(entry);
    CHECK((at != std::string::npos) == (i != 5));
    if (i != 5)
      CHECK(taken.find(entry, at + 1) == std::string::npos);
  }
  CHECK(was_logged("[413] too large; it is dropped (1 so far)"));
  CHECK(plane->logs.size() < 16);
}

TEST_CASE_METHOD(session_log_fixture,
                 "a refused batch is halved at once while a flush waits") {
  say(journal_kind::other, "", R"({"n":1})");
  say(journal_kind::other, "", R"({"n":2})");
  auto flushed = ask<log_flushed>(log_actor, flush_log{});
  plane->logs.fail(0, ec::entries_refused, "[422]");
  run();
  REQUIRE(plane->logs.size() == 2);
  CHECK(plane->logs.question(1).entries.size() == 1);
  plane->logs.fail(1, ec::entries_refused, "[422]");
  run();
  REQUIRE(plane->logs.size() == 3);
  CHECK_FALSE(flushed.answered());
  plane->logs.answer(2, log_appended{});
  run();
  CHECK(flushed.answered());
  CHECK(sent(2).find(R"({"n":2})") != std::string::npos);
}

namespace {

/// A session log with a spool, whose process can end at any moment.
struct spooled_fixture : session_log_fixture {
  scratch directory;

  spooled_fixture() {
    settings.spool = directory.file("spool");
    settings.secrets = {secret{"hush-hush-hush"}};
    start_again();
  }
  ~spooled_fixture() { kill(); }

  void kill() {
    self->send_exit(log_actor, caf::exit_reason::kill);
    run();
    plane->logs.items.clear();
  }
  void start_again() {
    kill();
    log_actor =
      system.spawn(session_log, fake_plane(system, plane), settings, log);
    run();
  }
  void lose_answer(std::size_t i) {
    plane->logs.fail(i, ec::answer_lost, "broke off");
    run();
    advance(longest_log_backoff);
  }
};

constexpr auto mark = R"(,"redelivered":true})";

} // namespace

TEST_CASE_METHOD(spooled_fixture,
                 "what a killed process had not sent is sent by the next") {
  say(journal_kind::other, "", R"({"n":1})");
  say(journal_kind::other, "", R"({"n":2})");
  start_again();
  advance(log_flush_interval);
  REQUIRE(plane->logs.size() == 1);
  CHECK(plane->logs.question(0).entries.size() == 2);
  CHECK(sent(0).find(mark) == std::string::npos);
  CHECK(was_logged("2 log entries of an earlier process"));
}

TEST_CASE_METHOD(spooled_fixture,
                 "a batch whose answer a killed process did not hear comes "
                 "again and is marked") {
  say(journal_kind::other, "", R"({"n":1})");
  advance(log_flush_interval);
  REQUIRE(plane->logs.size() == 1);
  say(journal_kind::other, "", R"({"n":2})");
  start_again();
  advance(log_flush_interval);
  REQUIRE(plane->logs.size() == 1);
  CHECK(sent(0).find(std::string{R"({"n":1})"} + mark) != std::string::npos);
  CHECK(sent(0).find(R"({"n":2})") == std::string::npos);
  plane->logs.answer(0, log_appended{});
  run();
  advance(log_flush_interval);
  REQUIRE(plane->logs.size() == 2);
  CHECK(sent(1).find(R"({"n":2}})") != std::string::npos);
}

TEST_CASE_METHOD(spooled_fixture,
                 "what was taken before the end is not sent by the next") {
  say(journal_kind::other, "", R"({"n":1})");
  advance(log_flush_interval);
  plane->logs.answer(0, log_appended{});
  run();
  start_again();
  advance(log_flush_interval);
  CHECK(plane->logs.size() == 0);
}

TEST_CASE_METHOD(spooled_fixture,
                 "a batch whose answer was lost comes again and is marked") {
  say(journal_kind::other, "", R"({"n":1})");
  advance(log_flush_interval);
  lose_answer(0);
  REQUIRE(plane->logs.size() == 2);
  CHECK(sent(1).find(std::string{R"({"n":1})"} + mark) != std::string::npos);
  lose_answer(1);
  REQUIRE(plane->logs.size() == 3);
  CHECK(sent(2) == sent(1));
}

TEST_CASE_METHOD(spooled_fixture,
                 "a batch that was answered with a failure is not marked") {
  say(journal_kind::other, "", R"({"n":1})");
  advance(log_flush_interval);
  plane->logs.fail(0, ec::control_plane_unreachable, "[503]");
  run();
  advance(longest_log_backoff);
  REQUIRE(plane->logs.size() == 2);
  CHECK(sent(1).find(mark) == std::string::npos);
}

TEST_CASE_METHOD(session_log_fixture,
                 "a lost answer is marked without a spool too") {
  say(journal_kind::other, "", R"({"n":1})");
  advance(log_flush_interval);
  plane->logs.fail(0, ec::answer_lost, "broke off");
  run();
  advance(longest_log_backoff);
  REQUIRE(plane->logs.size() == 2);
  CHECK(sent(1).find(mark) != std::string::npos);
}

TEST_CASE_METHOD(spooled_fixture,
                 "the beginning of a message outlives its process") {
  say(journal_kind::text_chunk, "half a ");
  say(journal_kind::text_chunk, "sentence");
  start_again();
  advance(log_flush_interval);
  REQUIRE(plane->logs.size() == 1);
  CHECK(sent(0).find(R"("text":"half a sentence")") != std::string::npos);
}

TEST_CASE_METHOD(
  spooled_fixture,
  "secrets are cut out of entries, also where chunks part them") {
  // contract 19/32: upstream logs them.
  say(journal_kind::text_chunk, "it is hush-hu");
  say(journal_kind::text_chunk, "sh-hush!");
  say(journal_kind::other, "", R"({"key":"hush-hush-hush"})");
  CHECK(content_of(settings.spool).find("hush-hush-hush") == std::string::npos);
  advance(log_flush_interval);
  REQUIRE(plane->logs.size() == 1);
  CHECK(sent(0).find("hush-hush-hush") == std::string::npos);
  CHECK(sent(0).find("it is [redacted]!") != std::string::npos);
  CHECK(sent(0).find(R"({"key":"[redacted]"})") != std::string::npos);
}

TEST_CASE_METHOD(session_log_fixture,
                 "a message without end becomes several entries") {
  const std::string piece(max_open_message / 2, 'x');
  for (int i = 0; i < 5; ++i)
    say(journal_kind::text_chunk, piece);
  ask<log_flushed>(log_actor, flush_log{});
  REQUIRE(plane->logs.size() == 1);
  CHECK(plane->logs.question(0).entries.size() == 3);
}

TEST_CASE_METHOD(spooled_fixture,
                 "without a spool entries wait in memory, and that is said") {
  settings.spool = directory.file("nowhere/spool");
  start_again();
  say(journal_kind::other, "", R"({"n":1})");
  say(journal_kind::other, "", R"({"n":2})");
  advance(log_flush_interval);
  REQUIRE(plane->logs.size() == 1);
  CHECK(plane->logs.question(0).entries.size() == 2);
  CHECK(was_logged("nowhere/spool cannot be opened"));
}

TEST_CASE_METHOD(spooled_fixture,
                 "a spool that another server has is taken over when it ends") {
  auto other =
    system.spawn(session_log, fake_plane(system, plane), settings, log);
  self->send(other, make_entry(R"({"n":1})"));
  run();
  CHECK(was_logged("is in use by another server"));
  kill();
  advance(log_flush_interval);
  REQUIRE(plane->logs.size() == 1);
  CHECK(sent(0).find(R"({"n":1})") != std::string::npos);
  CHECK(content_of(settings.spool).find(R"({"n":1})") != std::string::npos);
  self->send_exit(other, caf::exit_reason::kill);
  run();
}
