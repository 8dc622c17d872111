// An ACP agent over stdio whose times are set.
// usage: timed_agent HANDSHAKE_MS [SESSION_MS]
// `initialize` is answered HANDSHAKE_MS after the process began, however early
// it came: an agent's start-up is what a handshake waits for. `session/new` is
// answered SESSION_MS (0) after it came, a prompt at once. HANDSHAKE_MS `hang`
// never answers.
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace {

void sleep_until(timespec at, long ms) {
  at.tv_sec += ms / 1000;
  at.tv_nsec += ms % 1000 * 1'000'000;
  if (at.tv_nsec >= 1'000'000'000) {
    ++at.tv_sec;
    at.tv_nsec -= 1'000'000'000;
  }
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) != 0) {
  }
}

timespec now() {
  timespec ts{};
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return ts;
}

// The raw text of a top-level member that is a string or a number; the first
// match does, since params come last in the lines we are sent.
std::string member(std::string_view line, std::string_view name) {
  const auto key = '"' + std::string{name} + "\":";
  auto begin = line.find(key);
  if (begin == std::string_view::npos)
    return {};
  begin += key.size();
  while (begin < line.size() && line[begin] == ' ')
    ++begin;
  const auto end = begin < line.size() && line[begin] == '"'
                     ? line.find('"', begin + 1) + 1
                     : line.find_first_of(",} ", begin);
  return std::string{line.substr(begin, end - begin)};
}

void answer(const std::string& id, std::string_view result) {
  const auto line = "{\"jsonrpc\":\"2.0\",\"id\":" + id
                    + ",\"result\":" + std::string{result} + "}\n";
  for (std::size_t done = 0; done < line.size();) {
    const auto n = write(1, line.data() + done, line.size() - done);
    if (n <= 0)
      std::_Exit(0);
    done += static_cast<std::size_t>(n);
  }
}

} // namespace

int main(int argc, char** argv) {
  const auto began = now();
  if (argc < 2) {
    std::cerr << "usage: timed_agent HANDSHAKE_MS|hang [SESSION_MS]\n";
    return 2;
  }
  const bool hang = std::strcmp(argv[1], "hang") == 0;
  const long handshake_ms = std::atol(argv[1]);
  const long session_ms = argc > 2 ? std::atol(argv[2]) : 0;
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const auto id = member(line, "id");
    const auto method = member(line, "method");
    if (hang || id.empty() || method.empty())
      continue;
    if (method == "\"initialize\"") {
      sleep_until(began, handshake_ms);
      answer(id, R"({"protocolVersion":1,"agentCapabilities":{},)"
                 R"("agentInfo":{"name":"timed_agent","version":"1"},)"
                 R"("authMethods":[]})");
    } else if (method == "\"session/new\"") {
      sleep_until(now(), session_ms);
      answer(id, R"({"sessionId":"timed-session"})");
    } else if (method == "\"session/prompt\"") {
      answer(id, R"({"stopReason":"end_turn"})");
    } else {
      answer(id, "{}");
    }
  }
}
