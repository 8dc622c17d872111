#include "messages/wire/acp.hpp"
#include "messages/wire/json_writer.hpp"

namespace agent_server::acp {

namespace {

constexpr int method_not_found = -32601;

void write_mcp_server(json::writer& out, const mcp_server& server,
                      bool redact) {
  out.open_object()
    .text("type", server.type)
    .text("name", server.name)
    .text("url", server.url)
    .key("headers")
    .open_array();
  for (const auto& [name, value] : server.headers)
    out.open_object()
      .text("name", name)
      .text("value", redact ? "[redacted]" : value.reveal())
      .close_object();
  out.close_array().close_object();
}

void write_claude_options(json::writer& out, const session_params& params) {
  if (params.plugins.empty() && !params.effort)
    return;
  out.key("claudeCode").open_object().key("options").open_object();
  if (!params.plugins.empty()) {
    out.key("plugins").open_array();
    for (const auto& path : params.plugins)
      out.open_object().text("type", "local").text("path", path).close_object();
    out.close_array();
  }
  if (params.effort)
    out.text("effort", *params.effort);
  out.close_object().close_object();
}

void write_meta(json::writer& out, const session_params& params) {
  out.open_object()
    .text("sessionId", params.run_id)
    .text("taskRunId", params.run_id)
    .key("systemPrompt");
  if (params.appends_system_prompt)
    out.open_object().text("append", params.system_prompt).close_object();
  else
    out.text(params.system_prompt);
  if (params.model)
    out.text("model", *params.model);
  if (!params.allowed_domains.empty()) {
    out.key("allowedDomains").open_array();
    for (const auto& domain : params.allowed_domains)
      out.text(domain);
    out.close_array();
  }
  out.raw("jsonSchema",
          params.json_schema.empty() ? "null" : params.json_schema);
  out.text("permissionMode", params.permission_mode);
  write_claude_options(out, params);
  out.close_object();
}

void write_answer_meta(json::writer& out, const permission_answer& answer) {
  if (answer.custom_input.empty() && answer.answers.empty())
    return;
  out.key("_meta").open_object();
  if (answer.option_id.empty()) {
    out.text("message", answer.custom_input);
  } else {
    if (!answer.custom_input.empty())
      out.text("customInput", answer.custom_input);
    if (!answer.answers.empty()) {
      out.key("answers").open_object();
      for (const auto& [question, text] : answer.answers)
        out.quoted_key(question).text(text);
      out.close_object();
    }
  }
  out.close_object();
}

/// Opens a message up to the value of its `params`.
json::writer call(std::string_view method, std::size_t params_size = 128) {
  json::writer out{params_size + 128};
  out.open_object().text("jsonrpc", "2.0").text("method", method).key("params");
  return out;
}

json::writer call(std::uint64_t id, std::string_view method,
                  std::size_t params_size = 128) {
  json::writer out{params_size + 128};
  out.open_object()
    .text("jsonrpc", "2.0")
    .number("id", static_cast<std::int64_t>(id))
    .text("method", method)
    .key("params");
  return out;
}

} // namespace

std::string session_new_params(const session_params& params, bool redact) {
  json::writer out{1024 + params.system_prompt.size()};
  out.open_object().text("cwd", params.cwd).key("mcpServers").open_array();
  for (const auto& server : params.mcp_servers)
    write_mcp_server(out, server, redact);
  out.close_array().key("_meta");
  write_meta(out, params);
  return out.close_object().take();
}

std::string initialize_line(std::uint64_t id) {
  return call(id, "initialize")
    .raw(R"({"protocolVersion":1,"clientCapabilities":{}})")
    .close_object()
    .take();
}

std::string session_new_line(std::uint64_t id, std::string_view params) {
  return call(id, "session/new", params.size())
    .raw(params)
    .close_object()
    .take();
}

std::string prompt_line(std::uint64_t id, std::string_view session_id,
                        std::string_view blocks, std::string_view context) {
  auto out = call(id, "session/prompt",
                  blocks.size() + session_id.size() + context.size());
  out.open_object().text("sessionId", session_id).raw("prompt", blocks);
  if (!context.empty())
    out.key("_meta").open_object().text("prContext", context).close_object();
  return out.close_object().close_object().take();
}

std::string cancel_line(std::string_view session_id) {
  return call("session/cancel")
    .open_object()
    .text("sessionId", session_id)
    .close_object()
    .close_object()
    .take();
}

std::string set_config_option_line(std::uint64_t id,
                                   std::string_view session_id,
                                   std::string_view option,
                                   std::string_view value) {
  return call(id, "session/set_config_option")
    .open_object()
    .text("sessionId", session_id)
    .text("configId", option)
    .text("value", value)
    .close_object()
    .close_object()
    .take();
}

std::string set_mode_line(std::uint64_t id, std::string_view session_id,
                          std::string_view mode) {
  return call(id, "session/set_mode")
    .open_object()
    .text("sessionId", session_id)
    .text("modeId", mode)
    .close_object()
    .close_object()
    .take();
}

std::string set_model_line(std::uint64_t id, std::string_view session_id,
                           std::string_view model) {
  return call(id, "session/set_model")
    .open_object()
    .text("sessionId", session_id)
    .text("modelId", model)
    .close_object()
    .close_object()
    .take();
}

std::string permission_answer_line(std::string_view id,
                                   const permission_answer& answer) {
  json::writer out;
  out.open_object()
    .text("jsonrpc", "2.0")
    .raw("id", id)
    .key("result")
    .open_object()
    .key("outcome")
    .open_object();
  if (answer.option_id.empty())
    out.text("outcome", "cancelled");
  else
    out.text("outcome", "selected").text("optionId", answer.option_id);
  out.close_object();
  write_answer_meta(out, answer);
  return out.close_object().close_object().take();
}

std::string method_not_found_line(std::string_view id,
                                  std::string_view method) {
  return json::writer{}
    .open_object()
    .text("jsonrpc", "2.0")
    .raw("id", id)
    .key("error")
    .open_object()
    .number("code", method_not_found)
    .text("message", "Method not found: " + std::string{method})
    .close_object()
    .close_object()
    .take();
}

} // namespace agent_server::acp
