"""Tools, sub-agents and MCP servers of the native Claude driver."""
import json
import pathlib

import processes
from claude_session import Session, listening
from mcp_server import McpServer
from messages_gateway import text, tool
from servers import API_KEY

SECRET = "mcp-header-secret-9c1f"


def bypassing(house, claude, *replies, **start):
    return Session(house, claude, *replies, mode="bypassPermissions", **start)


def test_a_command_that_succeeds_and_one_that_fails(house, claude):
    session = bypassing(
        house, claude,
        [tool("Bash", command="echo fine", description="Say fine")],
        [tool("Bash", command="echo bad && exit 3", description="Fail")],
        [text("Done.")])
    session.prompt("Run them.")
    call = session.tool_calls("Bash")[0]
    assert call["status"] == "pending"
    assert call["kind"] == "execute"
    updates = session.updates_of(call["toolCallId"])
    assert any(u.get("rawInput", {}).get("command") == "echo fine"
               for u in updates)
    assert any(u.get("title") == "Say fine" for u in updates)
    good, bad = session.outcome("Bash", 1), session.outcome("Bash", 2)
    assert good["status"] == "completed"
    assert "fine" in json.dumps(good["content"])
    assert bad["status"] == "failed"
    assert "Exit code 3" in json.dumps(bad["rawOutput"])
    results = [call.last_result for call in session.gateway.calls[1:]]
    assert "fine" in results[0] and "Exit code 3" in results[1]


def test_the_tool_response_of_a_hook_is_told(house, claude):
    session = bypassing(house, claude,
                        [tool("Bash", command="echo fine")], [text("Done.")])
    session.prompt("Run it.")
    call = session.tool_calls("Bash")[0]["toolCallId"]
    told = [u["_meta"]["claudeCode"]["toolResponse"]
            for u in session.updates_of(call)
            if "toolResponse" in u.get("_meta", {}).get("claudeCode", {})]
    assert told and told[0]["stdout"] == "fine"


def test_an_edit_tells_its_diff(house, claude):
    session = bypassing(house, claude)
    path = str(session.repository / "greeting.txt")
    session.gateway.script(
        [tool("Read", file_path=path)],
        [tool("Edit", file_path=path, old_string="hello",
              new_string="good day")], [text("Done.")])
    session.prompt("Edit it.")
    call = session.tool_calls("Edit")[0]
    assert call["kind"] == "edit"
    updates = session.updates_of(call["toolCallId"])
    diffs = [c for u in updates for c in u.get("content") or []
             if c["type"] == "diff"]
    assert diffs
    assert all(d["path"] == path for d in diffs)
    assert "hello" in diffs[-1]["oldText"]
    assert "good day" in diffs[-1]["newText"]
    assert any(u.get("title") == "Edit `greeting.txt`" for u in updates)
    assert {"path": path} in [
        {"path": where["path"]} for u in updates
        for where in u.get("locations") or []]
    assert session.outcome("Edit")["status"] == "completed"
    assert pathlib.Path(path).read_text() == "good day\nworld\n"


def test_a_new_file_is_a_diff_without_an_old_text(house, claude):
    session = bypassing(house, claude)
    path = str(session.repository / "new.txt")
    session.gateway.script([tool("Write", file_path=path, content="one\n")],
                           [text("Done.")])
    session.prompt("Write it.")
    call = session.tool_calls("Write")[0]
    diffs = [c for u in session.updates_of(call["toolCallId"])
             for c in u.get("content") or [] if c["type"] == "diff"]
    assert diffs[-1]["newText"] == "one\n"
    assert not diffs[-1].get("oldText")
    assert session.outcome("Write")["status"] == "completed"


def test_a_todo_list_is_a_plan(house, claude):
    session = bypassing(house, claude, [tool("TodoWrite", todos=[
        {"content": "Look", "status": "completed", "activeForm": "Looking"},
        {"content": "Leap", "status": "in_progress",
         "activeForm": "Leaping"}])], [text("Done.")])
    session.prompt("Make a list.")
    assert session.stream.updates("plan")[-1]["entries"] == [
        {"content": "Look", "status": "completed", "priority": "medium"},
        {"content": "Leap", "status": "in_progress", "priority": "medium"}]
    assert not session.tool_calls("TodoWrite")


def test_a_long_tool_input_is_not_logged_again_at_every_delta(house, claude):
    # Mends weakness 33 of the contract.
    session = bypassing(house, claude)
    session.gateway.script(
        [tool("Write", file_path=str(session.repository / "long.txt"),
              content="line of text\n" * 2000)], [text("Done.")])
    session.prompt("Write it.")
    session.plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    written = sum(len(r.body) for r in session.plane.of("POST append_log"))
    assert written < 6 * 26_000


def test_a_sub_agents_work_names_the_call_it_belongs_to(house, claude):
    session = bypassing(house, claude)
    session.gateway.when(
        lambda r: r.says("Count the files.", "user")
        and not r.says("Use a helper", "user"),
        [text("I count them."), tool("Bash", command="ls | wc -l")],
        [text("There is one file.")])
    session.gateway.script(
        [tool("Task", description="Count files", prompt="Count the files.",
              subagent_type="general-purpose")])
    session.prompt("Use a helper.")
    parent = (session.tool_calls("Task")
              or session.tool_calls("Agent"))[0]
    assert parent["kind"] == "think"
    session.stream.wait_for(lambda s: session.tool_calls("Bash"), 30)
    meta = session.tool_calls("Bash")[0]["_meta"]["claudeCode"]
    assert meta["parentToolCallId"] == parent["toolCallId"]
    if session.is_newest:  # the old one keeps its sub-agents' texts
        chunks = session.stream.wait_for(lambda s: [
            u for u in s.updates("agent_message_chunk")
            if "There is one file." in u["content"]["text"]], 30)
        assert chunks[0]["_meta"]["claudeCode"] == {
            "toolName": "__text__", "parentToolCallId": parent["toolCallId"]}


def test_a_sub_agents_text_is_not_the_turns_answer(house, claude):
    session = bypassing(house, claude)
    session.gateway.when(
        lambda r: r.says("Count the files.", "user")
        and not r.says("Use a helper", "user"), [text("There is one file.")])
    session.gateway.when(
        lambda r: True,
        [tool("Task", description="Count files", prompt="Count the files.",
              subagent_type="general-purpose")], [text("One.")])
    result = session.prompt("Use a helper.")
    assert "There is one file." not in result["assistant_message"]
    assert "One." in result["assistant_message"]


def test_structured_output_is_handed_to_the_control_plane(house, claude):
    plane = house.plane()
    plane.task["json_schema"] = {
        "type": "object", "properties": {"count": {"type": "integer"}},
        "required": ["count"]}
    session = bypassing(house, claude, [tool("StructuredOutput", count=3)],
                        [text("Done.")], plane=plane)
    session.prompt("Count.")
    assert "StructuredOutput" in session.gateway.calls[0].tools
    assert [r.json for r in plane.of("PATCH set_output")] == \
        [{"output": {"count": 3}}]


def test_a_model_that_gives_no_structured_output_is_asked_only_so_often(
        house, claude):
    plane = house.plane()
    plane.task["json_schema"] = {
        "type": "object", "properties": {"count": {"type": "integer"}},
        "required": ["count"]}
    session = bypassing(house, claude, plane=plane)
    session.begin("Count.").end()
    assert session.gateway.count("POST messages") <= 10
    assert plane.count("PATCH set_output") == 0


def mcp_servers(server):
    return [{"type": "http", "name": "sums", "url": server.url + "/mcp",
             "headers": [{"name": "X-Key", "value": SECRET}]}]


def test_a_tool_of_an_mcp_server(house, claude):
    server = McpServer()
    house.fakes.append(server)
    session = bypassing(
        house, claude, [tool("mcp__sums__add", a=2, b=3)], [text("Five.")],
        args={"--mcpServers": json.dumps(mcp_servers(server))})
    session.prompt("Add.")
    assert [(c["name"], c["arguments"]) for c in server.calls] == \
        [("add", {"a": 2, "b": 3})]
    assert {r.headers.get("X-Key", r.headers.get("x-key"))
            for r in server.of("POST mcp")} == {SECRET}
    call = session.tool_calls("mcp__sums__add")[0]
    assert call["kind"] == "other"
    outcome = session.outcome("mcp__sums__add")
    assert outcome["status"] == "completed"
    assert "sum 5" in json.dumps(outcome["rawOutput"])


def test_no_secret_is_in_the_clis_command_line(house, claude):
    server = McpServer()
    house.fakes.append(server)
    program = listening(claude, house.tmp_path / "program")
    session = bypassing(
        house, program, [text("Hello.")],
        args={"--mcpServers": json.dumps(mcp_servers(server))})
    session.prompt("Say hello.")
    session.command("refresh_session", mcpServers=mcp_servers(server))
    session.prompt("And again.")
    said = (program.parent / "arguments").read_text()
    assert "--output-format" in said
    assert SECRET not in said and API_KEY not in said
    command_lines = [processes.command_line(pid)
                     for pid in processes.descendants(session.server.pid)]
    assert not any(SECRET in line or API_KEY in line
                   for line in command_lines)


def test_a_refresh_brings_the_servers_it_names(house, claude):
    server = McpServer()
    house.fakes.append(server)
    session = bypassing(house, claude, [text("Hello.")])
    session.prompt("Say hello.")
    assert session.command("refresh_session",
                           mcpServers=mcp_servers(server)) == \
        {"refreshed": True}
    session.gateway.script([tool("mcp__sums__add", a=2, b=3)],
                           [text("Five.")])
    session.prompt("Add.")
    assert session.outcome("mcp__sums__add")["status"] == "completed"
    # It is the old conversation that goes on.
    assert session.gateway.calls[-1].says("Say hello.", "user")
