#pragma once

#include "messages/wire/claude/conversion.hpp"
#include "messages/wire/json_reader.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

/// What recorded runs of real CLIs turn into.
namespace transcript {

using agent_server::claude::acp_line;
using agent_server::claude::conversion;
using agent_server::claude::frame;
using agent_server::claude::frame_kind;

inline const std::vector<std::string> versions{"2.1.112", "2.1.331"};

/// The lines that a CLI wrote; fails the test when there is no such file.
inline std::vector<std::string> lines(const std::string& version,
                                      const std::string& scenario) {
  const auto path =
    std::string{TEST_DATA} + "/claude/" + version + "/" + scenario + ".jsonl";
  std::ifstream in{path};
  INFO(path);
  REQUIRE(in);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);)
    out.push_back(std::move(line));
  return out;
}

inline std::vector<frame> frames(const std::string& version,
                                 const std::string& scenario) {
  std::vector<frame> out;
  for (const auto& line : lines(version, scenario)) {
    out.push_back(agent_server::claude::parse_frame(line));
    REQUIRE(out.back().kind != frame_kind::garbage);
  }
  return out;
}

/// As the driver feeds it.
inline void feed(conversion& c, const frame& f, std::vector<acp_line>& out) {
  if (f.kind != frame_kind::control_request)
    c.take(f, out);
  else if (f.subtype == "hook_callback")
    c.take_hook(f, out);
}

inline conversion session() {
  return {"s", "/repo", 200'000};
}

inline std::vector<acp_line> play(const std::string& version,
                                  const std::string& scenario) {
  auto c = session();
  std::vector<acp_line> out;
  for (const auto& f : frames(version, scenario))
    feed(c, f, out);
  return out;
}

inline std::vector<acp_line> play_lines(const std::vector<std::string>& texts) {
  auto c = session();
  std::vector<acp_line> out;
  for (const auto& text : texts)
    feed(c, agent_server::claude::parse_frame(text), out);
  return out;
}

/// The `update` objects of a kind, of one tool call when `call` is given.
inline std::vector<std::string> updates(const std::vector<acp_line>& lines,
                                        std::string_view kind,
                                        std::string_view call = {}) {
  namespace json = agent_server::json;
  std::vector<std::string> out;
  for (const auto& each : lines) {
    rapidjson::Document document;
    INFO(each.line);
    REQUIRE(json::read(document, each.line));
    REQUIRE(each.line.find('\n') == std::string::npos);
    const auto* update = json::find(document, {"params", "update"});
    if (json::text_of(json::find(update, "sessionUpdate")) == kind
        && (call.empty()
            || json::text_of(json::find(update, "toolCallId")) == call))
      out.push_back(json::dump(*update));
  }
  return out;
}

/// The params of a method's notifications.
inline std::vector<std::string> params(const std::vector<acp_line>& lines,
                                       std::string_view method) {
  namespace json = agent_server::json;
  std::vector<std::string> out;
  for (const auto& each : lines) {
    rapidjson::Document document;
    REQUIRE(json::read(document, each.line));
    if (json::text_of(json::find(document, {"method"})) == method)
      out.push_back(json::dump(*json::find(document, {"params"})));
  }
  return out;
}

/// The text that the log takes as the agent's.
inline std::string logged_text(const std::vector<acp_line>& lines) {
  std::string out;
  for (const auto& each : lines)
    if (each.kind == agent_server::journal_kind::text_chunk)
      out += each.text;
  return out;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

} // namespace transcript
