#include "messages/wire/config_json.hpp"

#include "messages/error.hpp"
#include "messages/url.hpp"
#include "messages/wire/json_reader.hpp"

#include <fmt/format.h>
#include <iterator>
#include <utility>

namespace agent_server {

namespace {

using rapidjson::Value;

constexpr std::string_view mcp_servers_flag = "--mcpServers";
constexpr std::string_view claude_code_flag = "--claudeCodeConfig";

/// What is wrong with a value, one line an issue.
class issue_list {
public:
  void add(std::string_view path, std::string_view message) {
    fmt::format_to(std::back_inserter(lines_), "\n  - {}: {}", path, message);
  }

  bool empty() const { return lines_.empty(); }

  caf::error to_error(std::string_view flag) const {
    return make_failure(ec::bad_config,
                        fmt::format("{} validation failed:{}", flag, lines_));
  }

private:
  std::string lines_;
};

caf::error not_json(std::string_view flag) {
  return make_failure(ec::bad_config,
                      fmt::format("{} must be valid JSON", flag));
}

std::string wrong_type(std::string_view expected, const Value* value) {
  return fmt::format("Invalid input: expected {}, received {}", expected,
                     json::type_name(value));
}

void read_headers(const Value* headers, const std::string& path,
                  mcp_server& server, issue_list& issues) {
  if (headers == nullptr)
    return;
  if (!headers->IsArray()) {
    issues.add(path, wrong_type("array", headers));
    return;
  }
  for (rapidjson::SizeType i = 0; i < headers->Size(); ++i) {
    const auto& header = (*headers)[i];
    const auto entry_path = fmt::format("{}.{}", path, i);
    if (!header.IsObject()) {
      issues.add(entry_path, wrong_type("object", &header));
      continue;
    }
    for (const std::string_view key : {"name", "value"})
      if (const auto* text = json::find(&header, key);
          text == nullptr || !text->IsString())
        issues.add(fmt::format("{}.{}", entry_path, key),
                   wrong_type("string", text));
    server.headers.emplace_back(
      json::text_of(json::find(&header, "name")),
      secret{std::string{json::text_of(json::find(&header, "value"))}});
  }
}

mcp_server read_mcp_server(const Value& entry, const std::string& path,
                           issue_list& issues) {
  mcp_server server;
  if (!entry.IsObject()) {
    issues.add(path, wrong_type("object", &entry));
    return server;
  }
  server.type = json::text_of(json::find(&entry, "type"));
  if (server.type != "http" && server.type != "sse")
    issues.add(path + ".type",
               R"(Invalid option: expected one of "http"|"sse")");
  server.name = json::text_of(json::find(&entry, "name"));
  if (server.name.empty())
    issues.add(path + ".name", "MCP server name is required");
  server.url = json::text_of(json::find(&entry, "url"));
  if (!is_http_url(server.url))
    issues.add(path + ".url", "MCP server url must be a valid URL");
  read_headers(json::find(&entry, "headers"), path + ".headers", server,
               issues);
  return server;
}

void read_system_prompt(const Value* prompt, claude_code_config& config,
                        issue_list& issues) {
  if (prompt == nullptr)
    return;
  if (prompt->IsString()) {
    config.system_prompt = json::text_of(prompt);
    return;
  }
  const auto* append = json::find(prompt, "append");
  if (json::text_of(json::find(prompt, "type")) != "preset"
      || json::text_of(json::find(prompt, "preset")) != "claude_code"
      || (append != nullptr && !append->IsString())) {
    issues.add("systemPrompt",
               "Invalid input: expected string or "
               R"({"type":"preset","preset":"claude_code","append":string})");
    return;
  }
  config.system_prompt_append = json::text_at(prompt, "append");
}

void read_plugins(const Value* plugins, claude_code_config& config,
                  issue_list& issues) {
  if (plugins == nullptr)
    return;
  if (!plugins->IsArray()) {
    issues.add("plugins", wrong_type("array", plugins));
    return;
  }
  for (rapidjson::SizeType i = 0; i < plugins->Size(); ++i) {
    const auto& plugin = (*plugins)[i];
    const auto path = fmt::format("plugins.{}", i);
    if (!plugin.IsObject()) {
      issues.add(path, wrong_type("object", &plugin));
      continue;
    }
    if (json::text_of(json::find(&plugin, "type")) != "local")
      issues.add(path + ".type", R"(Invalid input: expected "local")");
    if (auto directory = json::text_at(&plugin, "path"))
      config.plugins.push_back(std::move(*directory));
    else
      issues.add(path + ".path",
                 wrong_type("string", json::find(&plugin, "path")));
  }
}

void read_tool_approvals(const Value* approvals, claude_code_config& config,
                         issue_list& issues) {
  if (approvals == nullptr)
    return;
  if (!approvals->IsObject()) {
    issues.add("mcpToolApprovals", wrong_type("object", approvals));
    return;
  }
  for (const auto& [tool, state] : approvals->GetObject()) {
    const std::string name{json::text_of(&tool)};
    const auto word = json::text_of(&state);
    if (word == "approved")
      config.mcp_tool_approvals[name] = mcp_approval::approved;
    else if (word == "needs_approval")
      config.mcp_tool_approvals[name] = mcp_approval::needs_approval;
    else if (word == "do_not_use")
      config.mcp_tool_approvals[name] = mcp_approval::do_not_use;
    else
      issues.add("mcpToolApprovals." + name,
                 R"(Invalid option: expected one of "approved"|)"
                 R"("needs_approval"|"do_not_use")");
  }
}

} // namespace

caf::expected<std::vector<mcp_server>>
parse_mcp_servers(std::string_view json) {
  std::vector<mcp_server> servers;
  if (json.empty())
    return servers;
  rapidjson::Document document;
  if (!json::read(document, json))
    return not_json(mcp_servers_flag);
  issue_list issues;
  if (document.IsArray())
    for (rapidjson::SizeType i = 0; i < document.Size(); ++i)
      servers.push_back(
        read_mcp_server(document[i], std::to_string(i), issues));
  else
    issues.add("", wrong_type("array", &document));
  if (!issues.empty())
    return issues.to_error(mcp_servers_flag);
  return servers;
}

caf::expected<claude_code_config>
parse_claude_code_config(std::string_view json) {
  claude_code_config config;
  if (json.empty())
    return config;
  rapidjson::Document document;
  if (!json::read(document, json))
    return not_json(claude_code_flag);
  issue_list issues;
  if (document.IsObject()) {
    read_system_prompt(json::find(&document, "systemPrompt"), config, issues);
    read_plugins(json::find(&document, "plugins"), config, issues);
    read_tool_approvals(json::find(&document, "mcpToolApprovals"), config,
                        issues);
  } else {
    issues.add("", wrong_type("object", &document));
  }
  if (!issues.empty())
    return issues.to_error(claude_code_flag);
  return config;
}

caf::expected<std::string> model_of_claude_settings(std::string_view json) {
  rapidjson::Document document;
  if (!json::read(document, json) || !document.IsObject())
    return make_failure(ec::bad_config, "must be a JSON object");
  return std::string{json::text_of(json::find(&document, "model"))};
}

} // namespace agent_server
