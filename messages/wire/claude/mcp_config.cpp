#include "messages/wire/claude/mcp_config.hpp"

#include "messages/wire/json_writer.hpp"

namespace agent_server::claude {

std::string mcp_config(const std::vector<mcp_server>& servers) {
  json::writer out{512};
  out.open_object().key("mcpServers").open_object();
  for (const auto& server : servers) {
    std::string name;
    json::append_quoted(name, server.name);
    // The writer takes keys as they are, and quotes them.
    out.key(std::string_view{name}.substr(1, name.size() - 2))
      .open_object()
      .text("type", server.type)
      .text("url", server.url)
      .key("headers")
      .open_object();
    for (const auto& [header, value] : server.headers) {
      std::string quoted;
      json::append_quoted(quoted, header);
      out.key(std::string_view{quoted}.substr(1, quoted.size() - 2))
        .text(value.reveal());
    }
    out.close_object().close_object();
  }
  return out.close_object().close_object().take();
}

} // namespace agent_server::claude
