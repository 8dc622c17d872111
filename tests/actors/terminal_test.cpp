#include "actors/io/terminal.hpp"

// The fixture asks by one, and does not include it.
#include <caf/event_based_actor.hpp>

#include "fixture.hpp"

#include <array>
#include <asio/io_context.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

using namespace agent_server;
using namespace std::chrono_literals;

namespace {

permission_question question() {
  return {"Delete everything",
          {{"a", "Allow", "allow_once"},
           {"b", "Always", "allow_always"},
           {"c", "Reject", "reject_once"}}};
}

journal_entry chunk(std::string text) {
  return {{}, nullptr, journal_kind::text_chunk, std::move(text)};
}

journal_entry other(std::string notification) {
  return {{},
          std::make_shared<const std::string>(std::move(notification)),
          journal_kind::other,
          {}};
}

journal_entry turn_complete() {
  return other(R"({"jsonrpc":"2.0","method":"_posthog/turn_complete"})");
}

// The actor's descriptors and ours at their other ends; the actor runs on an
// io_context that is polled here.
struct terminal_fixture : test::fixture {
  terminal_fixture() {
    unsetenv("NO_COLOR");
    unit = std::make_unique<io_unit>(system, io);
  }

  ~terminal_fixture() {
    if (actor)
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    actor = nullptr;
    pump(20);
    for (const auto fd : {in, out, hand, eye})
      if (fd >= 0)
        close(fd);
  }

  void on_pipes(bool yes = false) {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    in = ends[0];
    hand = ends[1];
    REQUIRE(pipe(ends.data()) == 0);
    eye = ends[0];
    out = ends[1];
    start(yes);
  }

  void on_file(const std::string& content) {
    char name[] = "/tmp/terminal-test-XXXXXX";
    in = mkstemp(name);
    unlink(name);
    REQUIRE(write(in, content.data(), content.size())
            == static_cast<ssize_t>(content.size()));
    lseek(in, 0, SEEK_SET);
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    eye = ends[0];
    out = ends[1];
    start(false);
  }

  // Input is a terminal; output a pipe, so that no echo is in it.
  void on_terminal(bool yes = false) {
    hand = posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(grantpt(hand) == 0);
    REQUIRE(unlockpt(hand) == 0);
    in = open(ptsname(hand), O_RDWR | O_NOCTTY);
    REQUIRE(in >= 0);
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    eye = ends[0];
    out = ends[1];
    start(yes);
  }

  void start(bool yes) {
    actor = spawn_hosted(*unit, terminal, terminal_options{yes, in, out});
    fcntl(eye, F_SETFL, O_NONBLOCK);
    pump();
  }

  void pump(int rounds = 5) {
    for (int i = 0; i < rounds; ++i) {
      io.restart();
      io.poll();
      run();
    }
  }

  template <class F>
  bool eventually(F condition) {
    for (int i = 0; i < 1000; ++i) {
      pump(2);
      if (condition())
        return true;
      poll(nullptr, 0, 2);
    }
    return false;
  }

  void type(const std::string& text) {
    REQUIRE(write(hand, text.data(), text.size())
            == static_cast<ssize_t>(text.size()));
  }

  void hang_up() {
    close(hand);
    hand = -1;
  }

  template <class Message>
  void tell(Message message) {
    caf::anon_send(actor, std::move(message));
    pump();
  }

  std::string seen() {
    std::array<char, 4096> bytes;
    for (ssize_t count; (count = read(eye, bytes.data(), bytes.size())) > 0;)
      text.append(bytes.data(), static_cast<std::size_t>(count));
    return text;
  }

  template <class Answer, class Question>
  pending<Answer> ask_terminal(Question asked) {
    auto result = ask<Answer>(actor, std::move(asked));
    pump();
    return result;
  }

  template <class Answer>
  Answer value_of(pending<Answer>& result) {
    REQUIRE(eventually([&] { return result.answered() || result.failed(); }));
    REQUIRE(result.answered());
    return result.value();
  }

  asio::io_context io;
  std::unique_ptr<io_unit> unit;
  terminal_actor actor;
  int in = -1;
  int out = -1;
  int hand = -1; // types
  int eye = -1;  // reads
  std::string text;
};

} // namespace

TEST_CASE_METHOD(terminal_fixture, "each line of a pipe is a prompt") {
  on_pipes();
  auto first = ask_terminal<typed_prompt>(next_prompt{});
  type("hel");
  pump();
  CHECK_FALSE(first.answered());
  type("lo\n \nagain\r\n");
  CHECK(value_of(first).text == "hello");
  auto second = ask_terminal<typed_prompt>(next_prompt{});
  CHECK(value_of(second).text == "again");
  CHECK(seen().empty());
}

TEST_CASE_METHOD(terminal_fixture,
                 "the end of the input ends the prompts, after the last line") {
  on_pipes();
  type("last");
  hang_up();
  auto last = ask_terminal<typed_prompt>(next_prompt{});
  CHECK(value_of(last).text == "last");
  CHECK_FALSE(last.value().ended);
  auto none = ask_terminal<typed_prompt>(next_prompt{});
  CHECK(value_of(none).ended);
  auto still = ask_terminal<typed_prompt>(next_prompt{});
  CHECK(value_of(still).ended);
}

TEST_CASE_METHOD(terminal_fixture, "prompts can come from a file") {
  on_file("one\ntwo");
  auto one = ask_terminal<typed_prompt>(next_prompt{});
  CHECK(value_of(one).text == "one");
  auto two = ask_terminal<typed_prompt>(next_prompt{});
  CHECK(value_of(two).text == "two");
  auto end = ask_terminal<typed_prompt>(next_prompt{});
  CHECK(value_of(end).ended);
}

TEST_CASE_METHOD(terminal_fixture,
                 "whoever shares the input keeps it blocking") {
  on_pipes();
  auto asked = ask_terminal<typed_prompt>(next_prompt{});
  pump();
  CHECK((fcntl(in, F_GETFL) & O_NONBLOCK) == 0);
  tell(chunk("text"));
  CHECK((fcntl(out, F_GETFL) & O_NONBLOCK) == 0);
  CHECK_FALSE(asked.answered());
}

TEST_CASE_METHOD(terminal_fixture,
                 "without a terminal a question is rejected") {
  on_pipes();
  auto answer = ask_terminal<permission_answer>(question());
  CHECK(value_of(answer).option_id == "c");
  CHECK(seen() == "not allowed: Delete everything\n");
}

TEST_CASE_METHOD(terminal_fixture,
                 "without a terminal and a way to reject it is cancelled") {
  on_pipes();
  auto answer = ask_terminal<permission_answer>(
    permission_question{"x", {{"a", "Allow", "allow_once"}}});
  CHECK(value_of(answer).option_id.empty());
}

TEST_CASE_METHOD(terminal_fixture, "with --yes a question is allowed unasked") {
  on_terminal(true);
  auto answer = ask_terminal<permission_answer>(question());
  CHECK(value_of(answer).option_id == "a");
  CHECK(seen() == "allowed: Delete everything\n");
}

TEST_CASE_METHOD(terminal_fixture, "at a terminal a question is asked") {
  on_terminal();
  auto answer = ask_terminal<permission_answer>(question());
  pump();
  CHECK_FALSE(answer.answered());
  CHECK(seen()
        == "The agent asks for leave: Delete everything\n"
           "  1. Allow\n"
           "  2. Always\n"
           "  3. Reject\n"
           "Answer with a number: ");
  type("maybe\n");
  REQUIRE(eventually(
    [&] { return seen().find("from 1 to 3") != std::string::npos; }));
  type("4\n");
  pump();
  type(" 2 \n");
  CHECK(value_of(answer).option_id == "b");
}

TEST_CASE_METHOD(terminal_fixture,
                 "a question comes before the prompt that waits") {
  on_terminal();
  auto prompt = ask_terminal<typed_prompt>(next_prompt{});
  CHECK(seen() == "> ");
  auto answer = ask_terminal<permission_answer>(question());
  type("1\n");
  CHECK(value_of(answer).option_id == "a");
  CHECK_FALSE(prompt.answered());
  type("and now this\n");
  CHECK(value_of(prompt).text == "and now this");
}

TEST_CASE_METHOD(terminal_fixture, "questions are asked one after another") {
  on_terminal();
  auto first = ask_terminal<permission_answer>(question());
  auto second = ask_terminal<permission_answer>(
    permission_question{"Other", {{"o", "Allow", "allow_once"}}});
  CHECK(seen().find("Other") == std::string::npos);
  type("3\n");
  CHECK(value_of(first).option_id == "c");
  CHECK_FALSE(second.answered());
  CHECK(seen().find("leave: Other") != std::string::npos);
  type("1\n");
  CHECK(value_of(second).option_id == "o");
}

TEST_CASE_METHOD(terminal_fixture,
                 "the end of the input rejects the open question") {
  on_terminal();
  auto answer = ask_terminal<permission_answer>(question());
  type("\x04"); // end of file at a terminal
  CHECK(value_of(answer).option_id == "c");
  auto next = ask_terminal<permission_answer>(question());
  CHECK(value_of(next).option_id == "c");
}

TEST_CASE_METHOD(terminal_fixture,
                 "a question that the agent withdraws is cancelled") {
  on_terminal();
  auto asked = question();
  asked.id = "1";
  auto first = ask_terminal<permission_answer>(asked);
  asked.id = "2";
  auto second = ask_terminal<permission_answer>(asked);
  tell(withdraw_permission{"1"});
  CHECK(value_of(first).option_id.empty());
  CHECK(seen().find("The agent no longer asks.") != std::string::npos);
  type("2\n");
  CHECK(value_of(second).option_id == "b");
}

TEST_CASE_METHOD(terminal_fixture,
                 "the choice at the terminal answers the agent's question") {
  on_terminal();
  auto asked = question();
  asked.tool_call_json = R"({"_meta":{"codeToolKind":"question","questions":)"
                         R"([{"question":"Which?"}]}})";
  auto answer = ask_terminal<permission_answer>(asked);
  type("2\n");
  REQUIRE(value_of(answer).answers.size() == 1);
  CHECK(answer.value().answers.front()
        == std::pair<std::string, std::string>{"Which?", "Always"});
}

TEST_CASE_METHOD(terminal_fixture,
                 "with --yes nobody answers the agent's question either") {
  on_pipes(true);
  permission_question asked;
  asked.title = "Which?";
  asked.options = {{"option_0", "Red", "allow_once"}};
  asked.tool_call_json = R"({"_meta":{"codeToolKind":"question"}})";
  auto answer = ask_terminal<permission_answer>(asked);
  CHECK(value_of(answer).option_id.empty());
  CHECK(answer.value().custom_input.find("Nobody") == 0);
}

TEST_CASE_METHOD(terminal_fixture,
                 "the end of the session cancels the open question") {
  on_terminal();
  auto asked = ask_terminal<permission_answer>(question());
  tell(end_permissions{});
  CHECK(value_of(asked).option_id.empty());
}

TEST_CASE_METHOD(terminal_fixture, "a question does not outlive its turn") {
  on_terminal();
  auto answer = ask_terminal<permission_answer>(question());
  tell(turn_complete());
  CHECK(value_of(answer).option_id.empty());
  auto prompt = ask_terminal<typed_prompt>(next_prompt{});
  type("1\n");
  CHECK(value_of(prompt).text == "1");
}

TEST_CASE_METHOD(terminal_fixture,
                 "the agent's text is printed as it comes, tool calls on "
                 "lines of their own") {
  on_pipes();
  tell(chunk("Hel"));
  tell(chunk("lo"));
  tell(other(R"({"method":"session/update","params":{"update":)"
             R"({"sessionUpdate":"tool_call","title":"Read\na file"}}})"));
  tell(other(R"({"method":"session/update","params":{"update":)"
             R"({"sessionUpdate":"tool_call_update","title":"no"}}})"));
  tell(chunk("done"));
  tell(turn_complete());
  tell(show_text{"first\nsecond"});
  CHECK(seen() == "Hello\n[Read a file]\ndone\nfirst\nsecond\n");
}

TEST_CASE_METHOD(terminal_fixture,
                 "a whole message is printed unless its pieces were") {
  on_pipes();
  tell(journal_entry{{}, nullptr, journal_kind::message, "whole"});
  tell(chunk("pieces"));
  tell(journal_entry{{}, nullptr, journal_kind::message, "pieces"});
  tell(turn_complete());
  CHECK(seen() == "whole\npieces\n");
}

TEST_CASE_METHOD(terminal_fixture, "an agent cannot steer the terminal") {
  on_pipes();
  tell(chunk("a\x1b]0;title\x07"
             "b\tc\n"));
  CHECK(seen() == "a]0;titleb\tc\n");
}

TEST_CASE_METHOD(terminal_fixture,
                 "the sign of the prompt comes back after other output") {
  on_terminal();
  auto prompt = ask_terminal<typed_prompt>(next_prompt{});
  tell(show_text{"news"});
  CHECK(seen() == "> \nnews\n> ");
  CHECK_FALSE(prompt.answered());
}

TEST_CASE_METHOD(terminal_fixture,
                 "a reader that is slow or gone holds nothing up") {
  on_pipes();
  const std::string block(60'000, 'x');
  for (int i = 0; i < 10; ++i)
    tell(chunk(block));
  CHECK(eventually([&] { return seen().size() == 600'000; }));
  auto* const before = std::signal(SIGPIPE, SIG_IGN); // as in the server
  close(eye);
  eye = -1;
  tell(chunk("nobody"));
  auto answer = ask_terminal<permission_answer>(question());
  CHECK(value_of(answer).option_id == "c");
  std::signal(SIGPIPE, before);
}
