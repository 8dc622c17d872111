#include "messages/wire/claude/tool_table.hpp"

#include "messages/wire/claude/tool_content.hpp"
#include "messages/wire/json_reader.hpp"

#include <algorithm>
#include <array>

namespace agent_server::claude {

namespace {

using rapidjson::Value;

constexpr std::string_view mcp_prefix = "mcp__";

struct tool_call {
  std::string_view name;
  const Value* input;
  std::string_view cwd;

  std::string_view text(std::string_view key) const {
    return json::text_of(json::find(input, key));
  }
  std::int64_t number(std::string_view key) const {
    const auto* value = json::find(input, key);
    return value != nullptr && value->IsInt64() ? value->GetInt64() : 0;
  }
  bool flag(std::string_view key) const {
    const auto* value = json::find(input, key);
    return value != nullptr && value->IsTrue();
  }
  /// The path without the working directory before it.
  std::string path(std::string_view key, std::string_view otherwise) const {
    auto full = text(key);
    if (full.empty())
      return std::string{otherwise};
    if (!cwd.empty() && full.size() > cwd.size() + 1
        && full.substr(0, cwd.size()) == cwd && full[cwd.size()] == '/')
      full.remove_prefix(cwd.size() + 1);
    return std::string{full};
  }
};

std::string quoted(std::string_view text) {
  return '"' + std::string{text} + '"';
}

std::string joined(const Value* texts, std::string_view key = {}) {
  std::string out;
  if (texts == nullptr || !texts->IsArray())
    return out;
  for (const auto& each : texts->GetArray()) {
    if (!out.empty())
      out += ", ";
    out += json::text_of(key.empty() ? &each : json::find(&each, key));
  }
  return out;
}

// Titles.

std::string agent_title(const tool_call& call) {
  const auto text = call.text("description");
  return std::string{text.empty() ? "Task" : text};
}

std::string command_title(const tool_call& call) {
  const auto text = call.text("description");
  return std::string{text.empty() ? "Execute command" : text};
}

std::string tail_title(const tool_call&) {
  return "Tail Logs";
}

std::string kill_title(const tool_call&) {
  return "Kill Process";
}

std::string read_title(const tool_call& call) {
  auto title = "Read " + call.path("file_path", "File");
  const auto first = std::max<std::int64_t>(call.number("offset"), 1);
  const auto count = call.number("limit");
  if (count > 0)
    title += " (" + std::to_string(first) + " - "
             + std::to_string(first + count - 1) + ")";
  else if (first > 1)
    title += " (from line " + std::to_string(first) + ")";
  return title;
}

std::string read_notebook_title(const tool_call& call) {
  return "Read Notebook " + call.path("notebook_path", "");
}

std::string edit_notebook_title(const tool_call& call) {
  return "Edit Notebook " + call.path("notebook_path", "");
}

std::string edit_title(const tool_call& call) {
  return "Edit `" + call.path("file_path", "File") + "`";
}

std::string write_title(const tool_call& call) {
  return "Write " + call.path("file_path", "File");
}

std::string glob_title(const tool_call& call) {
  std::string title = "Find";
  if (!call.text("path").empty())
    title += ' ' + quoted(call.path("path", ""));
  if (const auto pattern = call.text("pattern"); !pattern.empty())
    title += ' ' + quoted(pattern);
  return title;
}

std::string grep_title(const tool_call& call) {
  std::string title = "grep";
  for (const std::string_view flag : {"-i", "-n"})
    if (call.flag(flag))
      title += ' ' + std::string{flag};
  for (const std::string_view lines : {"-A", "-B", "-C"})
    if (const auto count = call.number(lines); count > 0)
      title += ' ' + std::string{lines} + ' ' + std::to_string(count);
  const auto mode = call.text("output_mode");
  if (mode == "files_with_matches")
    title += " -l";
  else if (mode == "count")
    title += " -c";
  if (call.flag("multiline"))
    title += " -P";
  if (const auto glob = call.text("glob"); !glob.empty())
    title += " --include=" + quoted(glob);
  if (const auto type = call.text("type"); !type.empty())
    title += " --type=" + std::string{type};
  if (const auto pattern = call.text("pattern"); !pattern.empty())
    title += ' ' + quoted(pattern);
  if (!call.text("path").empty())
    title += ' ' + call.path("path", "");
  if (const auto most = call.number("head_limit"); most > 0)
    title += " | head -" + std::to_string(most);
  return title;
}

std::string list_title(const tool_call& call) {
  return call.text("path").empty()
           ? "List the current directory's contents"
           : "List the `" + call.path("path", "") + "` directory's contents";
}

std::string fetch_title(const tool_call&) {
  return "Fetch";
}

std::string search_title(const tool_call& call) {
  auto title = quoted(call.text("query"));
  if (const auto domains = joined(json::find(call.input, "allowed_domains"));
      !domains.empty())
    title += " (allowed: " + domains + ")";
  if (const auto domains = joined(json::find(call.input, "blocked_domains"));
      !domains.empty())
    title += " (blocked: " + domains + ")";
  return title;
}

std::string todo_title(const tool_call& call) {
  const auto todos = joined(json::find(call.input, "todos"), "content");
  return todos.empty() ? "Update TODOs" : "Update TODOs: " + todos;
}

std::string plan_title(const tool_call&) {
  return "Ready to code?";
}

std::string question_title(const tool_call& call) {
  const auto* questions = json::find(call.input, "questions");
  if (questions != nullptr && questions->IsArray() && !questions->Empty())
    if (const auto text =
          json::text_of(json::find(questions->Begin(), "question"));
        !text.empty())
      return std::string{text};
  return "Question";
}

std::string mcp_title(const tool_call& call) {
  const auto rest = call.name.substr(mcp_prefix.size());
  const auto end_of_server = rest.find("__");
  return std::string{end_of_server == std::string_view::npos
                       ? rest
                       : rest.substr(end_of_server + 2)};
}

std::string own_name(const tool_call& call) {
  return std::string{call.name.empty() ? "Unknown Tool" : call.name};
}

// Contents.

void nothing(json::writer&, const tool_call&) {}

void text_if_any(json::writer& out, std::string_view text) {
  if (!text.empty())
    write_text_content(out, text);
}

void agent_prompt(json::writer& out, const tool_call& call) {
  text_if_any(out, call.text("prompt"));
}

void command_text(json::writer& out, const tool_call& call) {
  text_if_any(out, call.text("command"));
}

void edit_diff(json::writer& out, const tool_call& call) {
  const std::string old_text{call.text("old_string")};
  if (const auto path = call.text("file_path"); !path.empty())
    write_diff(out, path, &old_text, call.text("new_string"));
}

// What the file held before is known once it is written.
void written_text(json::writer& out, const tool_call& call) {
  if (const auto path = call.text("file_path"); !path.empty())
    write_diff(out, path, nullptr, call.text("content"));
}

void notebook_source(json::writer& out, const tool_call& call) {
  text_if_any(out, call.text("new_source"));
}

void fetched_link(json::writer& out, const tool_call& call) {
  if (const auto url = call.text("url"); !url.empty())
    write_link(out, url);
}

void plan_text(json::writer& out, const tool_call& call) {
  text_if_any(out, call.text("plan"));
}

void question_list(json::writer& out, const tool_call& call) {
  if (const auto* questions = json::find(call.input, "questions"))
    write_text_content(out, json::dump(*questions));
}

// Locations.

void location_at(json::writer& out, const tool_call& call,
                 std::string_view key) {
  if (const auto path = call.text(key); !path.empty())
    out.open_object().text("path", path).close_object();
}

void read_location(json::writer& out, const tool_call& call) {
  if (const auto path = call.text("file_path"); !path.empty())
    out.open_object()
      .text("path", path)
      .number("line", std::max<std::int64_t>(call.number("offset"), 1))
      .close_object();
}

void file_location(json::writer& out, const tool_call& call) {
  location_at(out, call, "file_path");
}

void notebook_location(json::writer& out, const tool_call& call) {
  location_at(out, call, "notebook_path");
}

void path_location(json::writer& out, const tool_call& call) {
  location_at(out, call, "path");
}

struct row {
  std::string_view name;
  std::string_view kind;
  std::string (*title)(const tool_call&);
  void (*content)(json::writer&, const tool_call&) = nothing;
  void (*locations)(json::writer&, const tool_call&) = nothing;
};

constexpr std::array<row, 18> rows{{
  {"Agent", "think", agent_title, agent_prompt},
  {"Task", "think", agent_title, agent_prompt},
  {"Bash", "execute", command_title, command_text},
  {"BashOutput", "execute", tail_title},
  {"KillShell", "execute", kill_title},
  {"Read", "read", read_title, nothing, read_location},
  {"NotebookRead", "read", read_notebook_title, nothing, notebook_location},
  {"NotebookEdit", "edit", edit_notebook_title, notebook_source,
   notebook_location},
  {"Edit", "edit", edit_title, edit_diff, file_location},
  {"Write", "edit", write_title, written_text, file_location},
  {"Glob", "search", glob_title, nothing, path_location},
  {"Grep", "search", grep_title},
  {"LS", "search", list_title},
  {"WebFetch", "fetch", fetch_title, fetched_link},
  {"WebSearch", "fetch", search_title},
  {"TodoWrite", "think", todo_title},
  {"ExitPlanMode", "switch_mode", plan_title, plan_text},
  {"AskUserQuestion", "other", question_title, question_list},
}};

constexpr row mcp_row{mcp_prefix, "other", mcp_title};
constexpr row other_row{{}, "other", own_name};

const row& row_of(std::string_view name) {
  for (const auto& each : rows)
    if (each.name == name)
      return each;
  return is_mcp_tool(name) ? mcp_row : other_row;
}

template <class Write>
std::string array_of(Write write, const tool_call& call) {
  json::writer out;
  out.open_array();
  write(out, call);
  return out.close_array().take();
}

} // namespace

tool_face describe_tool(std::string_view name, const Value* input,
                        std::string_view cwd) {
  const tool_call call{name, input, cwd};
  const auto& found = row_of(name);
  return {found.title(call), found.kind, array_of(found.content, call),
          array_of(found.locations, call)};
}

bool is_mcp_tool(std::string_view name) {
  return name.substr(0, mcp_prefix.size()) == mcp_prefix;
}

} // namespace agent_server::claude
