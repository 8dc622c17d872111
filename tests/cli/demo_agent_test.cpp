#include "cli/demo_agent.hpp"

#include "cli/line_input.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace agent_server;

namespace {

// The demonstration agent in a process of its own, on pipes.
class agent {
public:
  agent() {
    int in[2];
    int out[2];
    REQUIRE(pipe(in) == 0);
    REQUIRE(pipe(out) == 0);
    child_ = fork();
    if (child_ == 0) {
      dup2(in[0], STDIN_FILENO);
      dup2(out[1], STDOUT_FILENO);
      for (const auto fd : {in[0], in[1], out[0], out[1]})
        close(fd);
      _exit(run_demo_agent());
    }
    close(in[0]);
    close(out[1]);
    to_ = in[1];
    from_ = out[0];
    lines_ = line_input{from_};
  }

  ~agent() {
    hang_up();
    close(from_);
    if (child_ > 0)
      waitpid(child_, nullptr, 0);
  }

  void send(std::string line) {
    line += '\n';
    REQUIRE(write(to_, line.data(), line.size())
            == static_cast<ssize_t>(line.size()));
  }

  // The next line; empty when none came in time.
  std::string next() {
    using namespace std::chrono_literals;
    if (!lines_.wait(std::chrono::steady_clock::now() + 10s))
      return {};
    return lines_.next().value_or("");
  }

  // Reads up to a line that holds `part`; gives all lines.
  std::vector<std::string> until(const std::string& part) {
    std::vector<std::string> result;
    for (;;) {
      result.push_back(next());
      if (result.back().empty())
        FAIL("no line with " << part);
      if (result.back().find(part) != std::string::npos)
        return result;
    }
  }

  void open() {
    send(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{}})");
    next();
    send(R"({"jsonrpc":"2.0","id":1,"method":"session/new","params":{}})");
    next();
  }

  void prompt(const std::string& text) {
    send(R"({"jsonrpc":"2.0","id":2,"method":"session/prompt","params":)"
         R"({"sessionId":"demo-1","prompt":[{"type":"text","text":")"
         + text + R"("}]}})");
  }

  void hang_up() {
    if (to_ >= 0)
      close(to_);
    to_ = -1;
  }

  int exit_status() {
    int status = 0;
    waitpid(child_, &status, 0);
    child_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

private:
  pid_t child_ = 0;
  int to_ = -1;
  int from_ = -1;
  line_input lines_{-1};
};

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines)
    text += line + '\n';
  return text;
}

// The agent's texts, put together again.
std::string message(const std::vector<std::string>& lines) {
  const std::string start = R"("agent_message_chunk","content":{"type":"text",)"
                            R"("text":")";
  std::string text;
  for (const auto& line : lines)
    if (const auto at = line.find(start); at != std::string::npos) {
      const auto from = at + start.size();
      text += line.substr(from, line.rfind("\"}}}}") - from);
    }
  return text;
}

using Catch::Contains;

} // namespace

TEST_CASE("the demonstration says what it is when it is opened") {
  agent demo;
  demo.send(R"({"jsonrpc":"2.0","id":"a","method":"initialize"})");
  const auto line = demo.next();
  CHECK_THAT(line, Catch::StartsWith(R"({"jsonrpc":"2.0","id":"a","result":)"));
  CHECK_THAT(line, Contains(R"("protocolVersion":1)"));
  CHECK_THAT(line, Contains("Scripted demonstration, no model"));
  demo.send(R"({"jsonrpc":"2.0","id":1,"method":"session/new"})");
  CHECK(demo.next()
        == R"({"jsonrpc":"2.0","id":1,"result":{"sessionId":)"
           R"("demo-1"}})");
}

TEST_CASE("a demonstration turn tells that no model is behind it, asks for "
          "leave and ends") {
  agent demo;
  demo.open();
  demo.prompt("how are you?");
  auto lines = demo.until("session/request_permission");
  const auto before = message(lines);
  CHECK_THAT(before, Catch::StartsWith("This is a scripted demonstration: no "
                                       "model is behind it."));
  CHECK_THAT(before, Contains("--agent"));
  CHECK_THAT(before, Contains("You asked: how are you?"));
  CHECK_THAT(joined(lines), Contains(R"("sessionUpdate":"tool_call")"));
  CHECK(lines.size() > 5);
  demo.send(R"({"jsonrpc":"2.0","id":1,"result":{"outcome":)"
            R"({"outcome":"selected","optionId":"allow"}}})");
  lines = demo.until(R"("stopReason":"end_turn")");
  CHECK_THAT(joined(lines), Contains(R"("status":"completed")"));
  CHECK_THAT(message(lines), Contains("the working directory has "));
  CHECK(lines.back()
        == R"({"jsonrpc":"2.0","id":2,"result":{"stopReason":"end_turn"}})");
}

TEST_CASE("a demonstration that gets no leave looks at nothing") {
  agent demo;
  demo.open();
  demo.prompt("x");
  demo.until("session/request_permission");
  demo.send(R"({"jsonrpc":"2.0","id":1,"result":{"outcome":)"
            R"({"outcome":"cancelled"}}})");
  const auto lines = demo.until("stopReason");
  CHECK_THAT(joined(lines), Contains(R"("status":"failed")"));
  CHECK_THAT(message(lines), Contains("You did not allow"));
  CHECK_THAT(lines.back(), Contains("end_turn"));
}

TEST_CASE("a demonstration turn can be cancelled while it speaks") {
  agent demo;
  demo.open();
  demo.prompt("x");
  demo.until("agent_message_chunk");
  demo.send(R"({"jsonrpc":"2.0","method":"session/cancel","params":)"
            R"({"sessionId":"demo-1"}})");
  const auto lines = demo.until("stopReason");
  CHECK_THAT(lines.back(), Contains(R"("stopReason":"cancelled")"));
  CHECK_THAT(joined(lines), !Contains("session/request_permission"));
}

TEST_CASE("a demonstration turn can be cancelled while it asks, and another "
          "follows") {
  agent demo;
  demo.open();
  demo.prompt("x");
  demo.until("session/request_permission");
  demo.send(R"({"jsonrpc":"2.0","method":"session/cancel","params":{}})");
  CHECK_THAT(demo.next(), Contains(R"("stopReason":"cancelled")"));
  demo.send(R"({"jsonrpc":"2.0","id":1,"result":{"outcome":)"
            R"({"outcome":"cancelled"}}})");
  demo.prompt("y");
  CHECK_THAT(message(demo.until("session/request_permission")),
             Contains("You asked: y"));
}

TEST_CASE("the demonstration refuses what it does not know") {
  agent demo;
  demo.send(R"({"jsonrpc":"2.0","id":7,"method":"session/load"})");
  CHECK(demo.next()
        == R"({"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":)"
           R"("Method not found: session/load"}})");
  demo.send("garbage");
  CHECK_THAT(demo.next(), Contains("-32700"));
  demo.send(R"({"jsonrpc":"2.0","method":"some/notification"})");
  demo.prompt("before any session");
  CHECK_THAT(demo.next(), Contains(R"("id":2,"error":{"code":-32600)"));
}

TEST_CASE("a second prompt during a demonstration turn is refused") {
  agent demo;
  demo.open();
  demo.prompt("x");
  demo.until("session/request_permission");
  demo.send(R"({"jsonrpc":"2.0","id":9,"method":"session/prompt","params":)"
            R"({"sessionId":"demo-1"}})");
  CHECK_THAT(demo.next(), Contains(R"("id":9,"error":{"code":-32600)"));
}

TEST_CASE("a long prompt is quoted in part, between characters") {
  agent demo;
  demo.open();
  std::string text(199, 'a');
  demo.prompt(text + "\xC3\xA4\xC3\xA4");
  CHECK_THAT(message(demo.until("session/request_permission")),
             Contains(text + "…"));
}

TEST_CASE("the demonstration ends with its input, also during a turn") {
  agent idle;
  idle.open();
  idle.hang_up();
  CHECK(idle.exit_status() == 0);
  agent busy;
  busy.open();
  busy.prompt("x");
  busy.until("session/request_permission");
  busy.hang_up();
  CHECK(busy.exit_status() == 0);
}
