#include "actors/io/terminal.hpp"

#include "actors/trace/recorder.hpp"
#include "messages/wire/tool_call_title.hpp"

#include <algorithm>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <charconv>
#include <cstdlib>
#include <unistd.h>
#include <utility>

namespace agent_server {

namespace {

constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view plain = "\x1b[0m";
constexpr std::string_view sign = "> ";

// Where a notification's method stands, behind "jsonrpc".
constexpr std::size_t head_size = 120;

std::string_view trimmed(std::string_view text) {
  constexpr auto blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

// What an agent writes must not steer the terminal.
std::string harmless(std::string_view text) {
  std::string result{text};
  result.erase(std::remove_if(result.begin(), result.end(),
                              [](unsigned char c) {
                                return (c < 0x20 && c != '\n' && c != '\t')
                                       || c == 0x7f;
                              }),
               result.end());
  return result;
}

std::string one_line(std::string_view text) {
  auto result = harmless(text);
  std::replace(result.begin(), result.end(), '\n', ' ');
  return result;
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

const permission_option* first_of(const permission_question& question,
                                  std::string_view kind) {
  for (const auto& option : question.options)
    if (starts_with(option.kind, kind))
      return &option;
  return nullptr;
}

} // namespace

void terminal_state::start(const terminal_options& options) {
  yes = options.yes;
  interactive = isatty(options.input) == 1;
  colour = isatty(options.output) == 1 && std::getenv("NO_COLOR") == nullptr;
  output.emplace(self->io(), options.output);
  // A weak reference: the input must not keep its owner alive.
  input.emplace(
    self->io(), options.input, [me = self->address()](typed_line line) {
      const auto owner = caf::actor_cast<caf::strong_actor_ptr>(me);
      if (!owner)
        return;
      const trace::scope cause{trace::note_edge("terminal line")};
      caf::anon_send(caf::actor_cast<caf::actor>(owner), std::move(line));
    });
}

caf::result<permission_answer>
terminal_state::ask(const permission_question& question) {
  if (yes || !interactive || ended || question.options.empty())
    return decide(question);
  auto promise = self->make_response_promise<permission_answer>();
  questions.push_back(
    {question, promise, read_permission_call(question.tool_call_json)});
  if (questions.size() == 1)
    show_question();
  want_line();
  return promise;
}

permission_answer terminal_state::decide(const permission_question& question) {
  const auto call = read_permission_call(question.tool_call_json);
  if (call.subject == permission_subject::question) {
    print_line("not answered: " + one_line(question.title), dim);
    return decided(question, call);
  }
  const auto* option = first_of(question, yes ? "allow" : "reject");
  const auto* verb = yes && option != nullptr ? "allowed: " : "not allowed: ";
  print_line(verb + one_line(question.title), dim);
  return {option != nullptr ? option->id : std::string{}, {}, {}};
}

void terminal_state::show_question() {
  const auto& question = questions.front().question;
  print_line("The agent asks for leave: " + one_line(question.title), bold);
  std::size_t number = 0;
  for (const auto& option : question.options)
    print_line("  " + std::to_string(++number) + ". " + one_line(option.name));
  print("Answer with a number: ");
}

void terminal_state::answer_question(std::string_view line) {
  const auto& options = questions.front().question.options;
  const auto text = trimmed(line);
  std::size_t number = 0;
  const auto end = text.data() + text.size();
  const auto [last, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc{} || last != end || number < 1
      || number > options.size()) {
    print("Type a number from 1 to " + std::to_string(options.size()) + ": ");
    return;
  }
  auto& asked = questions.front();
  asked.promise.deliver(
    completed({options[number - 1].id, {}, {}}, asked.question, asked.call));
  questions.pop_front();
  if (!questions.empty())
    show_question();
}

void terminal_state::end_questions() {
  for (auto& open : questions)
    open.promise.deliver(decide(open.question));
  questions.clear();
}

caf::result<typed_prompt> terminal_state::give_prompt() {
  if (ended)
    return typed_prompt{{}, true};
  auto promise = self->make_response_promise<typed_prompt>();
  prompts.push_back(promise);
  show_sign();
  want_line();
  return promise;
}

void terminal_state::take_line(const typed_line& line) {
  line_wanted = false;
  // The terminal has echoed the line and its end.
  if (interactive && !line.ended) {
    at_line_start = true;
    sign_shown = false;
  }
  if (line.ended) {
    ended = true;
    end_questions();
    for (auto& promise : prompts)
      promise.deliver(typed_prompt{{}, true});
    prompts.clear();
    begin_line();
    return;
  }
  if (!questions.empty()) {
    answer_question(line.text);
  } else if (!prompts.empty() && !trimmed(line.text).empty()) {
    prompts.front().deliver(typed_prompt{line.text, false});
    prompts.pop_front();
  }
  show_sign();
  want_line();
}

void terminal_state::show_entry(const journal_entry& entry) {
  switch (entry.kind) {
    case journal_kind::text_chunk:
      if (sign_shown)
        begin_line();
      print(harmless(entry.text));
      streaming = true;
      return;
    case journal_kind::message:
      // Agents that stream may repeat the whole at the end.
      if (!streaming)
        print_line(harmless(entry.text));
      streaming = false;
      return;
    case journal_kind::other_chunk: return;
    case journal_kind::other: break;
  }
  if (entry.notification == nullptr)
    return;
  const std::string_view text = *entry.notification;
  if (const auto title = tool_call_title(text); !title.empty()) {
    streaming = false;
    print_line("[" + one_line(title) + "]", dim);
  } else if (text.substr(0, head_size).find("\"_posthog/turn_complete\"")
             != std::string_view::npos) {
    end_turn();
  }
}

// A question that outlives its turn has nobody who waits for the answer.
void terminal_state::end_turn() {
  streaming = false;
  begin_line();
  void_questions("The turn has ended; the question is void.");
  show_sign();
}

void terminal_state::void_questions(const char* why) {
  if (!questions.empty())
    print_line(why, dim);
  for (auto& open : questions)
    open.promise.deliver(permission_answer{});
  questions.clear();
}

void terminal_state::withdraw(const std::string& question_id) {
  const auto found = std::find_if(
    questions.begin(), questions.end(),
    [&](const open_question& open) { return open.question.id == question_id; });
  if (found == questions.end())
    return;
  const bool shown = found == questions.begin();
  found->promise.deliver(permission_answer{});
  questions.erase(found);
  if (!shown)
    return;
  print_line("The agent no longer asks.", dim);
  if (!questions.empty())
    show_question();
  show_sign();
}

void terminal_state::end_permissions() {
  void_questions("The session ends; the question is void.");
}

void terminal_state::show_block(std::string_view text) {
  print_line(text);
  show_sign();
}

void terminal_state::want_line() {
  if (line_wanted || ended || (questions.empty() && prompts.empty()))
    return;
  line_wanted = true;
  input->want_line();
}

void terminal_state::show_sign() {
  if (!interactive || sign_shown || prompts.empty() || !questions.empty())
    return;
  begin_line();
  print(sign);
  sign_shown = true;
}

void terminal_state::print(std::string_view text) {
  if (text.empty())
    return;
  output->write(text);
  at_line_start = text.back() == '\n';
}

void terminal_state::print_line(std::string_view text, std::string_view style) {
  begin_line();
  if (colour && !style.empty())
    print(std::string{style}.append(text).append(plain));
  else
    print(text);
  begin_line();
}

void terminal_state::begin_line() {
  if (!at_line_start)
    print("\n");
  sign_shown = false;
}

terminal_actor::behavior_type terminal(terminal_self* self,
                                       terminal_options options) {
  self->state.start(options);
  return {
    [self](const permission_question& question) {
      return self->state.ask(question);
    },
    [self](const withdraw_permission& m) { self->state.withdraw(m.id); },
    // Its questions are put to nobody else.
    [](const answer_permission& given) -> caf::result<permission_resolved> {
      return make_failure(ec::invalid_params,
                          "No pending permission request found for id: "
                            + given.request_id);
    },
    [](const session_mode&) {},
    [self](const end_permissions&) {
      self->state.end_permissions();
      return permissions_ended{};
    },
    [self](const journal_entry& entry) { self->state.show_entry(entry); },
    [self](const show_text& block) { self->state.show_block(block.text); },
    [self](next_prompt) { return self->state.give_prompt(); },
    [self](const typed_line& line) { self->state.take_line(line); },
  };
}

} // namespace agent_server
