#include "cli/shell_words.hpp"

#include "messages/error.hpp"

namespace agent_server {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

class word_splitter {
public:
  explicit word_splitter(std::string_view text) : text_(text) {}

  // Returns what is wrong with the text; empty: nothing.
  std::string run() {
    while (at_ < text_.size()) {
      const auto c = text_[at_++];
      if (is_blank(c))
        end_word();
      else if (!take(c))
        return problem_;
    }
    end_word();
    return words_.empty() ? "names no command" : "";
  }

  std::vector<std::string>& words() { return words_; }

private:
  bool take(char c) {
    in_word_ = true;
    switch (c) {
      case '\'': return take_single_quoted();
      case '"': return take_double_quoted();
      case '\\': return take_escaped();
      default: word_ += c; return true;
    }
  }

  bool take_single_quoted() {
    const auto end = text_.find('\'', at_);
    if (end == std::string_view::npos)
      return fail("has a ' that is never closed");
    word_ += text_.substr(at_, end - at_);
    at_ = end + 1;
    return true;
  }

  bool take_double_quoted() {
    while (at_ < text_.size()) {
      const auto c = text_[at_++];
      if (c == '"')
        return true;
      if (c == '\\' && at_ < text_.size()
          && std::string_view{"$`\"\\\n"}.find(text_[at_])
               != std::string_view::npos) {
        const auto escaped = text_[at_++];
        if (escaped != '\n')
          word_ += escaped;
      } else {
        word_ += c;
      }
    }
    return fail("has a \" that is never closed");
  }

  bool take_escaped() {
    if (at_ == text_.size())
      return fail("ends in a lone backslash");
    const auto escaped = text_[at_++];
    if (escaped != '\n')
      word_ += escaped;
    else if (word_.empty()) // a continued line begins no word
      in_word_ = false;
    return true;
  }

  bool fail(const char* problem) {
    problem_ = problem;
    return false;
  }

  void end_word() {
    if (in_word_)
      words_.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string word_;
  bool in_word_ = false;
  std::string problem_;
  std::vector<std::string> words_;
};

} // namespace

caf::expected<std::vector<std::string>>
split_shell_words(std::string_view text, std::string_view source) {
  word_splitter splitter{text};
  if (const auto problem = splitter.run(); !problem.empty())
    return make_failure(ec::bad_config, std::string{source} + " " + problem);
  return std::move(splitter.words());
}

} // namespace agent_server
