#include "messages/wire/json_reader.hpp"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace agent_server::json {

namespace {

using rapidjson::SizeType;

/// Passes the parser's events on and refuses deep nesting.
template <class Next>
class bounded {
public:
  explicit bounded(Next& next) : next_(next) {}

  bool Null() { return next_.Null(); }
  bool Bool(bool b) { return next_.Bool(b); }
  bool Int(int i) { return next_.Int(i); }
  bool Uint(unsigned u) { return next_.Uint(u); }
  bool Int64(std::int64_t i) { return next_.Int64(i); }
  bool Uint64(std::uint64_t u) { return next_.Uint64(u); }
  bool Double(double d) { return next_.Double(d); }
  bool RawNumber(const char* s, SizeType n, bool copy) {
    return next_.RawNumber(s, n, copy);
  }
  bool String(const char* s, SizeType n, bool copy) {
    return next_.String(s, n, copy);
  }
  bool StartObject() { return ++depth_ <= max_depth && next_.StartObject(); }
  bool Key(const char* s, SizeType n, bool copy) {
    return next_.Key(s, n, copy);
  }
  bool EndObject(SizeType n) {
    --depth_;
    return next_.EndObject(n);
  }
  bool StartArray() { return ++depth_ <= max_depth && next_.StartArray(); }
  bool EndArray(SizeType n) {
    --depth_;
    return next_.EndArray(n);
  }

private:
  Next& next_;
  int depth_ = 0;
};

class generator {
public:
  explicit generator(std::string_view text) : text_(text) {}

  bool operator()(rapidjson::Document& document) {
    rapidjson::MemoryStream stream{text_.data(), text_.size()};
    rapidjson::Reader reader;
    bounded<rapidjson::Document> handler{document};
    // The full-precision flag lets a number survive being read and written.
    ok_ = !reader
             .Parse<rapidjson::kParseIterativeFlag
                    | rapidjson::kParseFullPrecisionFlag
                    | rapidjson::kParseValidateEncodingFlag>(stream, handler)
             .IsError()
          && stream.Tell() == text_.size(); // a NUL byte ends it early
    return ok_;
  }

  bool ok() const { return ok_; }

private:
  std::string_view text_;
  bool ok_ = false;
};

/// Takes one number of the outermost object, unconverted.
struct number_finder
  : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, number_finder> {
  explicit number_finder(std::string_view wanted) : key(wanted) {}

  bool RawNumber(const char* s, SizeType n, bool) {
    if (depth == 1 && at_key)
      number.assign(s, n);
    return true;
  }
  bool Key(const char* s, SizeType n, bool) {
    if (depth == 1)
      at_key = std::string_view{s, n} == key;
    return true;
  }
  bool StartObject() { return ++depth > 0; }
  bool EndObject(SizeType) { return --depth >= 0; }
  bool StartArray() { return ++depth > 0; }
  bool EndArray(SizeType) { return --depth >= 0; }

  std::string_view key;
  std::string number;
  int depth = 0;
  bool at_key = false;
};

} // namespace

bool read(rapidjson::Document& document, std::string_view text) {
  generator parse{text};
  document.Populate(parse);
  return parse.ok();
}

const rapidjson::Value* find(const rapidjson::Value* parent,
                             std::string_view key) {
  if (parent == nullptr || !parent->IsObject())
    return nullptr;
  const rapidjson::Value* found = nullptr;
  for (const auto& member : parent->GetObject())
    if (text_of(&member.name) == key)
      found = &member.value;
  return found;
}

rapidjson::Value* find(rapidjson::Value* parent, std::string_view key) {
  const rapidjson::Value* immutable = parent;
  return const_cast<rapidjson::Value*>(find(immutable, key));
}

const rapidjson::Value* find(const rapidjson::Value& root,
                             std::initializer_list<std::string_view> path) {
  const auto* at = &root;
  for (const auto key : path)
    at = find(at, key);
  return at;
}

std::string_view text_of(const rapidjson::Value* value) {
  if (value == nullptr || !value->IsString())
    return {};
  return {value->GetString(), value->GetStringLength()};
}

std::optional<std::string> text_at(const rapidjson::Value* parent,
                                   std::string_view key) {
  const auto* member = find(parent, key);
  if (member == nullptr || !member->IsString())
    return std::nullopt;
  return std::string{text_of(member)};
}

std::string_view type_name(const rapidjson::Value* value) {
  if (value == nullptr)
    return "undefined";
  switch (value->GetType()) {
    case rapidjson::kNullType: return "null";
    case rapidjson::kFalseType:
    case rapidjson::kTrueType: return "boolean";
    case rapidjson::kObjectType: return "object";
    case rapidjson::kArrayType: return "array";
    case rapidjson::kStringType: return "string";
    case rapidjson::kNumberType: return "number";
  }
  return "unknown";
}

std::string dump(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string number_text(std::string_view object, std::string_view key) {
  rapidjson::MemoryStream stream{object.data(), object.size()};
  rapidjson::Reader reader;
  number_finder finder{key};
  reader.Parse<rapidjson::kParseIterativeFlag
               | rapidjson::kParseNumbersAsStringsFlag>(stream, finder);
  return finder.number;
}

} // namespace agent_server::json
