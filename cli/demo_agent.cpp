#include "cli/demo_agent.hpp"

#include "cli/line_input.hpp"
#include "messages/wire/acp_agent.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>

namespace agent_server {

namespace {

using namespace std::chrono_literals;

constexpr int no_such_method = -32601;
constexpr int invalid_request = -32600;
constexpr int parse_error = -32700;

// Between two pieces of text: fast enough not to bore, slow enough to be seen.
constexpr auto pace = 25ms;
constexpr std::size_t words_a_piece = 4;
constexpr std::size_t longest_quote = 200;

constexpr auto greeting =
  "This is a scripted demonstration: no model is behind it. To talk to a "
  "real agent, name its command with --agent, for example\n"
  "  --agent \"npx -y @agentclientprotocol/claude-agent-acp\"\n\n";

constexpr auto tool_title = "Count the entries of the working directory";

enum class step_end : std::uint8_t { done, cancelled, hung_up };

class demo_agent {
public:
  int run() {
    while (auto line = input_.next())
      if (const auto parsed = acp::parse_client_line(*line);
          parsed.method == "session/prompt" && !parsed.id.empty())
        run_turn(parsed);
      else
        answer(parsed);
    return 0;
  }

private:
  void send(const std::string& line) {
    const auto whole = line + '\n';
    std::string_view rest = whole;
    while (!rest.empty()) {
      const auto written = write(STDOUT_FILENO, rest.data(), rest.size());
      if (written < 0 && errno == EINTR)
        continue;
      if (written <= 0)
        _exit(1); // nobody is left to talk to
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void update(const std::string& content) {
    send(acp::update_line(session_, content));
  }

  // Whatever may come at any time.
  void answer(const acp::client_line& line) {
    if (line.garbage)
      send(acp::error_line("null", parse_error, "Not a JSON-RPC message"));
    else if (line.id.empty() || line.method.empty())
      return; // a notification, or an answer that nobody waits for any more
    else if (line.method == "initialize")
      send(acp::result_line(
        line.id, acp::initialize_result("scripted-demonstration",
                                        "Scripted demonstration, no model",
                                        AGENT_SERVER_VERSION)));
    else if (line.method == "session/new")
      open_session(line);
    else if (line.method == "session/prompt")
      send(
        acp::error_line(line.id, invalid_request, "A turn is running already"));
    else
      send(acp::error_line(line.id, no_such_method,
                           "Method not found: " + line.method));
  }

  void open_session(const acp::client_line& line) {
    session_ = "demo-" + std::to_string(++sessions_);
    send(acp::result_line(line.id, acp::session_result(session_)));
  }

  void run_turn(const acp::client_line& prompt) {
    if (prompt.session_id != session_ || session_.empty()) {
      send(acp::error_line(prompt.id, invalid_request,
                           "No such session: " + prompt.session_id));
      return;
    }
    const auto end = play(prompt.prompt_text);
    if (end == step_end::hung_up)
      return;
    const auto* reason = end == step_end::cancelled ? "cancelled" : "end_turn";
    send(acp::result_line(prompt.id, acp::stop_result(reason)));
  }

  // The script of a turn.
  step_end play(const std::string& prompt) {
    update(acp::text_update("agent_thought_chunk", "Following the script."));
    if (const auto end = say(greeting + quoted(prompt)); end != step_end::done)
      return end;
    const auto call = "call-" + std::to_string(++calls_);
    update(acp::tool_call_update(call, tool_title));
    std::string option;
    if (const auto end = ask(call, option); end != step_end::done)
      return end;
    const bool allowed = option == "allow";
    update(acp::tool_call_status(call, allowed ? "completed" : "failed"));
    return say(allowed ? "You allowed the tool call: " + count_entries()
                       : std::string{"You did not allow the tool call, so "
                                     "nothing was looked at.\n"});
  }

  static std::string quoted(const std::string& prompt) {
    if (prompt.empty())
      return {};
    auto size = std::min(prompt.size(), longest_quote);
    while (size > 0 && size < prompt.size()
           && (static_cast<unsigned char>(prompt[size]) & 0xC0) == 0x80)
      --size; // not inside a character
    return "You asked: " + prompt.substr(0, size)
           + (size < prompt.size() ? "…" : "") + "\n\n";
  }

  static std::string count_entries() {
    std::error_code problem;
    std::size_t count = 0;
    for (std::filesystem::directory_iterator at{".", problem}, end;
         !problem && at != end; at.increment(problem))
      ++count;
    if (problem)
      return "the working directory cannot be read: " + problem.message()
             + ".\n";
    return "the working directory has " + std::to_string(count)
           + (count == 1 ? " entry.\n" : " entries.\n");
  }

  // Streams a text in pieces of a few words.
  step_end say(std::string_view text) {
    while (!text.empty()) {
      std::size_t size = 0;
      for (std::size_t words = 0; words < words_a_piece && size < text.size();
           ++words) {
        const auto blank = text.find(' ', size);
        size = blank == std::string_view::npos ? text.size() : blank + 1;
      }
      update(acp::text_update("agent_message_chunk", text.substr(0, size)));
      text.remove_prefix(size);
      if (const auto end = pause(pace); end != step_end::done)
        return end;
    }
    return step_end::done;
  }

  step_end pause(std::chrono::milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    while (input_.wait(until)) {
      const auto line = input_.next();
      if (!line)
        return step_end::hung_up;
      if (const auto parsed = acp::parse_client_line(*line);
          parsed.method == "session/cancel")
        return step_end::cancelled;
      else
        answer(parsed);
    }
    return step_end::done;
  }

  // Waits for leave as long as it takes; `option` is empty when it was
  // cancelled.
  step_end ask(const std::string& call, std::string& option) {
    const auto id = std::to_string(++requests_);
    send(acp::permission_line(id, session_, call, tool_title));
    while (const auto line = input_.next()) {
      const auto parsed = acp::parse_client_line(*line);
      if (parsed.method == "session/cancel")
        return step_end::cancelled;
      if (parsed.method.empty() && parsed.id == id) {
        option = parsed.selected_option;
        return step_end::done;
      }
      answer(parsed);
    }
    return step_end::hung_up;
  }

  line_input input_{STDIN_FILENO};
  std::string session_;
  unsigned sessions_ = 0;
  unsigned calls_ = 0;
  unsigned requests_ = 0;
};

} // namespace

int run_demo_agent() {
  return demo_agent{}.run();
}

} // namespace agent_server
