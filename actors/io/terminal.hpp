#pragma once

#include "actors/io/hosted.hpp"
#include "actors/io/terminal_input.hpp"
#include "actors/io/terminal_output.hpp"
#include "actors/permission_ladder.hpp"
#include "actors/trace/traced.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace agent_server {

struct terminal_options {
  /// Grants every permission question.
  bool yes = false;
  int input = 0;
  int output = 1;
};

struct terminal_state;
using terminal_self =
  caf::stateful_actor<terminal_state, traced<hosted<terminal_actor::base>>>;

struct terminal_state {
  static inline const char* name = "terminal";
  using answer_promise = caf::typed_response_promise<permission_answer>;
  using prompt_promise = caf::typed_response_promise<typed_prompt>;

  struct open_question {
    permission_question question;
    answer_promise promise;
    permission_call call;
  };

  terminal_self* self;
  bool yes = false;
  bool interactive = false; // somebody can be asked
  bool colour = false;
  std::optional<terminal_output> output;
  std::optional<terminal_input> input;

  std::deque<open_question> questions;
  std::deque<prompt_promise> prompts;
  bool line_wanted = false;
  bool ended = false;
  bool at_line_start = true;
  bool sign_shown = false; // the "> " of a prompt
  bool streaming = false;  // the agent's text came in pieces

  explicit terminal_state(terminal_self* selfptr) : self(selfptr) {}

  void start(const terminal_options& options);
  caf::result<permission_answer> ask(const permission_question& question);
  caf::result<typed_prompt> give_prompt();
  void take_line(const typed_line& line);
  void show_entry(const journal_entry& entry);
  void show_block(std::string_view text);
  void withdraw(const std::string& question_id);
  void end_permissions();

private:
  permission_answer decide(const permission_question& question);
  void show_question();
  void answer_question(std::string_view line);
  void end_questions();
  void end_turn();
  void void_questions(const char* why);
  void want_line();
  void show_sign();
  void print(std::string_view text);
  void print_line(std::string_view text, std::string_view style = {});
  void begin_line();
};

/// Spawn it with `spawn_hosted`. Without a terminal to ask at, permission
/// questions are rejected unless `yes` is set.
terminal_actor::behavior_type terminal(terminal_self* self,
                                       terminal_options options);

} // namespace agent_server
