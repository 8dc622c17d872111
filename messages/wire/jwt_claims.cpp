#include "messages/wire/jwt_claims.hpp"

#include "messages/wire/json_reader.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iterator>

namespace agent_server {

namespace {

using rapidjson::Value;

constexpr std::string_view audience = "posthog:sandbox_connection";

/// Issues as a JSON list, two-space indent, one key a line.
class issue_list {
public:
  void wrong_type(std::string_view claim, std::string_view expected,
                  const Value* value) {
    fmt::format_to(std::back_inserter(items_),
                   R"({}
  {{
    "expected": "{}",
    "code": "invalid_type",
    "path": [
      "{}"
    ],
    "message": "Invalid input: expected {}, received {}"
  }})",
                   items_.empty() ? "" : ",", expected, claim, expected,
                   json::type_name(value));
  }

  void wrong_mode() {
    fmt::format_to(std::back_inserter(items_),
                   R"({}
  {{
    "code": "invalid_value",
    "values": [
      "interactive",
      "background"
    ],
    "path": [
      "mode"
    ],
    "message": "Invalid option: expected one of \"interactive\"|\"background\""
  }})",
                   items_.empty() ? "" : ",");
  }

  bool empty() const { return items_.empty(); }
  std::string to_json() const { return "[" + items_ + "\n]"; }

private:
  std::string items_;
};

bool is_audience(const Value& value) {
  return json::text_of(&value) == audience;
}

bool has_audience(const Value* value) {
  if (value == nullptr)
    return false;
  if (value->IsArray())
    return std::any_of(value->Begin(), value->End(), is_audience);
  return is_audience(*value);
}

/// What is judged together with the signature, in this order: an expired token
/// of a wrong audience counts as expired.
jwt_verdict check_validity(const Value& payload, double now) {
  const auto second = std::floor(now);
  if (const auto* not_before = json::find(&payload, "nbf"))
    if (!not_before->IsNumber() || not_before->GetDouble() > second)
      return jwt_verdict::bad_signature;
  if (const auto* expiry = json::find(&payload, "exp")) {
    if (!expiry->IsNumber())
      return jwt_verdict::bad_signature;
    if (second >= expiry->GetDouble())
      return jwt_verdict::expired;
  }
  if (!has_audience(json::find(&payload, "aud")))
    return jwt_verdict::bad_signature;
  return jwt_verdict::ok;
}

issue_list check_shape(const Value& payload) {
  issue_list issues;
  auto need = [&](std::string_view claim, std::string_view type) {
    const auto* value = json::find(&payload, claim);
    if (json::type_name(value) != type)
      issues.wrong_type(claim, type, value);
  };
  need("run_id", "string");
  need("task_id", "string");
  need("team_id", "number");
  need("user_id", "number");
  need("distinct_id", "string");
  if (const auto* mode = json::find(&payload, "mode")) {
    const auto text = json::text_of(mode);
    if (text != "interactive" && text != "background")
      issues.wrong_mode();
  }
  need("exp", "number");
  if (json::find(&payload, "iat") != nullptr)
    need("iat", "number");
  need("aud", "string");
  return issues;
}

} // namespace

bool is_rs256(std::string_view header) {
  rapidjson::Document document;
  return json::read(document, header)
         && json::text_of(json::find(&document, "alg")) == "RS256";
}

jwt_check check_claims(std::string_view payload, double now) {
  jwt_check out;
  rapidjson::Document document;
  if (!json::read(document, payload) || !document.IsObject())
    return out;
  out.verdict = check_validity(document, now);
  if (out.verdict != jwt_verdict::ok)
    return out;
  const auto issues = check_shape(document);
  if (!issues.empty()) {
    out.verdict = jwt_verdict::missing_fields;
    out.issues = issues.to_json();
    return out;
  }
  out.claims.run_id = json::text_of(json::find(&document, "run_id"));
  out.claims.task_id = json::text_of(json::find(&document, "task_id"));
  out.claims.background =
    json::text_of(json::find(&document, "mode")) == "background";
  return out;
}

} // namespace agent_server
