#include "messages/wire/command_json.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

namespace {

parsed_command request(std::string_view method, std::string_view params) {
  return parse_command(R"({"jsonrpc":"2.0","id":1,"method":")"
                       + std::string{method} + R"(","params":)"
                       + std::string{params} + "}");
}

std::string refusal(std::string_view method, std::string_view params) {
  return request(method, params).params_error;
}

} // namespace

TEST_CASE("what is not a JSON-RPC request object is malformed") {
  for (const std::string_view body :
       {"", "nope", "[]", "{}", R"({"method":"cancel"})",
        R"({"jsonrpc":2.0,"method":"cancel"})",
        R"({"jsonrpc":"2.0","method":1})",
        R"({"jsonrpc":"2.0","method":"cancel","params":[]})",
        R"({"jsonrpc":"2.0","method":"cancel","params":null})",
        R"({"jsonrpc":"2.0","method":"cancel","id":null})",
        R"({"jsonrpc":"2.0","method":"cancel","id":true})"}) {
    INFO(body);
    const auto command = parse_command(body);
    CHECK(command.malformed);
    CHECK(command.id.empty());
  }
}

TEST_CASE("a request may lack params and id, and carry unknown keys") {
  const auto command =
    parse_command(R"({"jsonrpc":"2.0","method":"cancel","extra":[1]})");
  CHECK_FALSE(command.malformed);
  CHECK(command.id.empty());
  CHECK(command.method == command_method::cancel);
  CHECK(command.params_error.empty());
}

TEST_CASE("an id is kept as it was written") {
  const auto id_of = [](std::string_view id) {
    return parse_command(R"({"jsonrpc":"2.0","method":"cancel","params":{},)"
                         R"("id":)"
                         + std::string{id} + "}")
      .id;
  };
  CHECK(id_of("1") == "1");
  CHECK(id_of("1.50") == "1.50");
  CHECK(id_of("123456789012345678901234567890")
        == "123456789012345678901234567890");
  CHECK(id_of(R"("x\n")") == R"("x\n")");
}

TEST_CASE("each served method has its three names (weakness 21)") {
  for (const auto& [name, method] :
       {std::pair{"user_message", command_method::user_message},
        {"cancel", command_method::cancel},
        {"close", command_method::close},
        {"set_config_option", command_method::set_config_option},
        {"permission_response", command_method::permission_response},
        {"refresh_session", command_method::refresh_session}})
    for (const std::string prefix : {"", "posthog/", "_posthog/"}) {
      INFO(prefix << name);
      const auto command = request(prefix + name, "{}");
      CHECK(command.method == method);
      CHECK(command.method_name == prefix + name);
    }
}

TEST_CASE("other methods are unknown") {
  for (const auto* name : {"", "constructor", "__posthog/cancel",
                           "posthog/posthog/cancel", "side_question"})
    CHECK(request(name, "{}").method == command_method::unknown);
}

TEST_CASE("a user message takes text, serialised blocks and block arrays") {
  CHECK(request("user_message", R"({"content":" hi "})").blocks
        == R"([{"type":"text","text":"hi"}])");
  CHECK(request("user_message",
                R"({"content":"__twig_cloud_prompt_v1__:{\"blocks\":[{}]}"})")
          .blocks
        == "[{}]");
  CHECK(request("user_message", R"({"content":[{"type":"x", "n":1}]})").blocks
        == R"([{"type":"x","n":1}])");
}

TEST_CASE("a user message may consist of artifacts only") {
  const auto command =
    request("user_message", R"({"content":" ","artifacts":[{"id":"a"}]})");
  CHECK(command.params_error.empty());
  REQUIRE(command.attachments.size() == 1);
  CHECK(command.attachments[0].id == "a");
  CHECK(command.blocks.empty());
}

TEST_CASE("a user message of the wrong shape is refused by field") {
  for (const auto* content : {R"("")", "[]", "[1]", "null", "7", "{}"}) {
    INFO(content);
    CHECK(refusal("user_message", R"({"content":)" + std::string{content} + "}")
          == "content: Content is required");
  }
  for (const auto* params :
       {"{}", R"({"content":"  "})", R"({"artifacts":[]})"}) {
    INFO(params);
    CHECK(refusal("user_message", params)
          == "content: Either content or artifacts are required");
  }
  CHECK(refusal("user_message", R"({"content":"x","artifacts":{}})")
        == "artifacts: must be an array of objects");
}

TEST_CASE("set_config_option needs an option and a value") {
  const auto command =
    request("set_config_option", R"({"configId":"mode","value":"plan"})");
  CHECK(command.option_id == "mode");
  CHECK(command.option_value == "plan");
  CHECK(command.params_error.empty());
  CHECK(refusal("set_config_option", R"({"value":"x"})")
        == "configId: must be a non-empty string");
  CHECK(refusal("set_config_option", R"({"configId":"mode","value":1})")
        == "value: must be a non-empty string");
}

TEST_CASE("an answer to a permission request names its field when it is bad") {
  const auto command = request(
    "permission_response",
    R"({"requestId":"r","optionId":"o","customInput":"","answers":{"q":"a"}})");
  CHECK(command.params_error.empty());
  CHECK(command.permission.request_id == "r");
  CHECK(command.permission.answer.option_id == "o");
  CHECK(command.permission.answer.answers.size() == 1);
  CHECK(refusal("permission_response", "{}")
        == "requestId: must be a non-empty string");
  CHECK(refusal("permission_response", R"({"requestId":"r","optionId":""})")
        == "optionId: must be a non-empty string");
  const std::string head = R"({"requestId":"r","optionId":"o",)";
  CHECK(refusal("permission_response", head + R"("customInput":7})")
        == "customInput: must be a string");
  for (const auto* answers : {"[]", "null", R"({"q":7})"})
    CHECK(refusal("permission_response", head + R"("answers":)" + answers + "}")
          == "answers: must be an object of strings");
}

TEST_CASE("close takes the git state of the caller, or none") {
  CHECK(refusal("close", "{}").empty());
  CHECK(refusal("close", R"({"localGitState":{"head":"a","branch":null}})")
          .empty());
  CHECK(refusal("close", R"({"localGitState":7})")
        == "localGitState: must be an object");
  CHECK(refusal("close", R"({"localGitState":{"upstreamHead":7}})")
        == "localGitState.upstreamHead: must be a string or null");
}

TEST_CASE("a request cut at any byte is malformed and harms nobody") {
  const std::string body = R"({"jsonrpc":"2.0","id":1.5,"method":"user_)"
                           R"(message","params":{"content":"é"}})";
  REQUIRE_FALSE(parse_command(body).malformed);
  for (std::size_t length = 0; length < body.size(); ++length)
    if (!parse_command(body.substr(0, length)).malformed)
      FAIL("cut at " << length);
}

TEST_CASE("answers echo the id, and have none when the request had none") {
  CHECK(command_result("1.50", R"({"closed":true})")
        == R"({"jsonrpc":"2.0","id":1.50,"result":{"closed":true}})");
  CHECK(command_result("", "{}") == R"({"jsonrpc":"2.0","result":{}})");
  CHECK(command_error(R"("a")", -32602, "Unknown \"m\"")
        == R"({"jsonrpc":"2.0","id":"a","error":{"code":-32602,)"
           R"("message":"Unknown \"m\""}})");
}

TEST_CASE("results and plain errors have the contract's shape") {
  CHECK(user_message_result("end_turn", "done")
        == R"({"stopReason":"end_turn","assistant_message":"done"})");
  CHECK(user_message_result("cancelled", "")
        == R"({"stopReason":"cancelled"})");
  CHECK(set_config_option_result("[]") == R"({"configOptions":[]})");
  CHECK(error_body("Not found") == R"({"error":"Not found"})");
  CHECK(error_body("Token expired", "expired")
        == R"({"error":"Token expired","code":"expired"})");
}

TEST_CASE("artifacts beyond the bound are refused by the field's name") {
  std::string list = R"({"id":"a"})";
  for (std::size_t i = 1; i <= max_attachments; ++i)
    list += R"(,{"id":"a"})";
  CHECK(refusal("user_message", R"({"artifacts":[)" + list + "]}")
        == "artifacts: at most 64 may come with a message");
}
