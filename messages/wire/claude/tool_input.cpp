#include "messages/wire/claude/tool_input.hpp"

#include "messages/wire/json_reader.hpp"

namespace agent_server::claude {

namespace {

using rapidjson::SizeType;
using rapidjson::Value;

Value copy(std::string_view text, rapidjson::Document& owner) {
  return Value{text.data(), static_cast<SizeType>(text.size()),
               owner.GetAllocator()};
}

void read_object(rapidjson::Document& document, std::string_view text) {
  if (!json::read(document, text) || !document.IsObject())
    document.SetObject();
}

void set_member(rapidjson::Document& document, std::string_view name,
                Value value) {
  auto key = copy(name, document);
  while (document.RemoveMember(key)) { // keys may come twice
  }
  document.AddMember(key, value, document.GetAllocator());
}

user_question read_question(const Value& value) {
  user_question question;
  question.text = json::text_of(json::find(&value, "question"));
  const auto* options = json::find(&value, "options");
  if (options == nullptr || !options->IsArray())
    return question;
  for (const auto& option : options->GetArray()) {
    if (option.IsString())
      question.choices.push_back({std::string{json::text_of(&option)}, ""});
    else if (auto label = json::text_at(&option, "label"))
      question.choices.push_back(
        {std::move(*label),
         std::string{json::text_of(json::find(&option, "description"))}});
  }
  return question;
}

} // namespace

std::string input_text(std::string_view input, std::string_view name) {
  rapidjson::Document document;
  if (!json::read(document, input))
    return {};
  return std::string{json::text_of(json::find(&document, name))};
}

std::vector<std::string> input_texts(std::string_view input,
                                     std::string_view name) {
  std::vector<std::string> texts;
  rapidjson::Document document;
  if (!json::read(document, input))
    return texts;
  const auto* list = json::find(&document, name);
  if (list == nullptr || !list->IsArray())
    return texts;
  for (const auto& item : list->GetArray())
    if (item.IsString())
      texts.emplace_back(json::text_of(&item));
  return texts;
}

std::string with_input_text(std::string_view input, std::string_view name,
                            std::string_view text) {
  rapidjson::Document document;
  read_object(document, input);
  set_member(document, name, copy(text, document));
  return json::dump(document);
}

user_questions read_user_questions(std::string_view input) {
  user_questions questions;
  rapidjson::Document document;
  read_object(document, input);
  rapidjson::Document kept;
  kept.SetArray();
  auto take = [&](const Value& value) {
    auto question = read_question(value);
    if (question.text.empty())
      return;
    questions.items.push_back(std::move(question));
    kept.PushBack(Value{value, kept.GetAllocator()}, kept.GetAllocator());
  };
  const auto* list = json::find(&document, "questions");
  if (list != nullptr && list->IsArray())
    for (const auto& value : list->GetArray())
      take(value);
  else
    take(document);
  questions.json = json::dump(kept);
  return questions;
}

std::string
with_answers(std::string_view input,
             const std::vector<std::pair<std::string, std::string>>& answers) {
  rapidjson::Document document;
  read_object(document, input);
  Value object{rapidjson::kObjectType};
  for (const auto& [question, answer] : answers)
    object.AddMember(copy(question, document), copy(answer, document),
                     document.GetAllocator());
  set_member(document, "answers", std::move(object));
  return json::dump(document);
}

} // namespace agent_server::claude
