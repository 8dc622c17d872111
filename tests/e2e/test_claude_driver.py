"""The native Claude driver against a scripted CLI: when it is started, what it
is told, and what becomes of what it says."""
import json
import os
import pathlib
import signal
import time

import pytest
from fakes.http_fake import Answer
from processes import command_line, wait_until


def wait_turns(server, number=1, timeout=10):
    server.plane.wait_for(
        lambda p: p.entries_of("_posthog/turn_complete")[number - 1:], timeout)
    return server.plane.entries_of("_posthog/turn_complete")


def subtypes(cli):
    """What the CLI was sent, in order."""
    return [f["request"]["subtype"] if f["type"] == "control_request"
            else f["type"] for f in (
                json.loads(r["line"]) for r in cli.of("received"))]


def say(server, text, **options):
    return server.command("user_message", {"content": text}, **options)


def test_a_session_opens_and_the_first_prompt_is_answered(house):
    server = house.start_claude()
    health = server.wait_ready()
    assert health["hasSession"]
    assert wait_turns(server)[0]["params"]["stopReason"] == "end_turn"
    prompt = server.agent.frames("user")[0]
    assert prompt["message"]["content"][-1]["text"] == "Say hello."
    assert server.plane.statuses == ["in_progress"]


def test_it_is_told_all_in_one_go(house):
    server = house.start_claude(house.claude(delay={"initialize": 0.5}))
    server.agent.wait(lambda c: c.frames("user"))
    # The prompt is there although initialize has not been answered.
    assert not server.health()["hasSession"]
    assert subtypes(server.agent) == ["initialize", "set_permission_mode",
                                      "user"]
    server.wait_ready()
    wait_turns(server)
    assert len(server.agent.frames("user")) == 1


def test_it_starts_before_the_task_is_known(house):
    plane = house.plane()
    plane.next["GET task"].append(Answer(body=plane.task, delay=1.0))
    server = house.start_claude(plane=plane)
    server.agent.wait(lambda c: c.started)
    assert not server.agent.of("received")
    server.wait_ready()
    assert len(server.agent.started) == 1


def test_an_internal_task_changes_the_gateway_of_the_running_cli(house):
    plane = house.plane()
    plane.task["internal"] = True
    server = house.start_claude(plane=plane, gateway=None,
                                args={"--taskId": plane.task_id})
    server.wait_ready()
    assert len(server.agent.started) == 1
    (settings,) = [r["settings"] for r in server.agent.wait(
        lambda c: c.requests("apply_flag_settings"))]
    assert settings["env"]["ANTHROPIC_BASE_URL"].endswith("/background_agents")
    assert server.agent.started[0]["env"]["ANTHROPIC_BASE_URL"].endswith(
        "/posthog_code")


def test_the_repository_is_waited_for_before_it_starts(house, tmp_path):
    ready = tmp_path / "repository-is-there"
    server = house.start_claude(args={"--repoReadyFile": str(ready)})
    server.plane.wait_for(lambda p: p.of("GET run"))
    time.sleep(0.3)
    assert not server.agent.started
    server.repository.mkdir(exist_ok=True)
    ready.write_text("")
    server.wait_ready()
    assert server.agent.started[0]["cwd"] == str(server.repository)


def test_settings_files_pin_the_model(house):
    cli = house.claude()
    server = house.start_claude(cli, env={
        "POSTHOG_CODE_MODEL": "claude-opus-4-6",
        "HOME": str(settings_home(cli.directory, "claude-sonnet-4-5"))})
    server.wait_ready()
    (request,) = cli.wait(lambda c: c.requests("apply_flag_settings"))
    assert request["settings"]["model"] == "claude-sonnet-4-5"


def settings_home(directory, model):
    home = directory / "home"
    (home / ".claude").mkdir(parents=True)
    (home / ".claude/settings.json").write_text(json.dumps({"model": model}))
    return home


def test_no_secret_stands_in_an_argument(house):
    servers = [{"type": "http", "name": "tools", "url": "https://mcp.invalid",
                "headers": [{"name": "authorization",
                             "value": "Bearer hush-hush-hush"}]}]
    server = house.start_claude(args={"--mcpServers": json.dumps(servers)})
    server.wait_ready()
    pid = server.agent.started[0]["pid"]
    words = command_line(pid)
    assert "--mcp-config=" in words and "hush" not in words
    assert server.env["POSTHOG_PERSONAL_API_KEY"] not in words
    path = pathlib.Path(next(w for w in server.agent.started[0]["argv"]
                             if w.startswith("--mcp-config="))[13:])
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["mcpServers"]["tools"]["headers"] == {
        "authorization": "Bearer hush-hush-hush"}


def test_the_effort_of_the_environment_reaches_it(house):
    server = house.start_claude(env={
        "POSTHOG_CODE_MODEL": "claude-opus-4-7",
        "POSTHOG_CODE_REASONING_EFFORT": "xhigh"})
    server.wait_ready()
    assert "--effort=xhigh" in server.agent.started[0]["argv"]


def test_events_are_those_of_an_acp_agent(house):
    server = house.start_claude()
    server.wait_listening()
    stream = server.events()
    stream.wait_for_method("_posthog/turn_complete")
    notes = stream.notifications
    methods = [n.get("method") for n in notes]
    new = methods.index("session/new")
    prompt = methods.index("session/prompt")
    started = methods.index("_posthog/run_started")
    assert methods.index("initialize") < new < started < prompt
    session_id = notes[prompt]["params"]["sessionId"]
    opened = [n["result"] for n in notes
              if n.get("id") == notes[new]["id"] and "result" in n][0]
    assert opened["sessionId"] == session_id
    assert opened["modes"]["currentModeId"] == "bypassPermissions"
    assert stream.updates("user_message_chunk")[0]["content"]["text"] == \
        "Say hello."
    assert stream.updates("agent_message_chunk")[0]["content"]["text"] == \
        "Hello."
    assert [c["name"] for c in stream.updates("available_commands_update")[0][
        "availableCommands"]] == ["review"]
    ended = [n for n in notes if n.get("id") == notes[prompt]["id"]
             and "result" in n]
    assert ended[0]["result"]["stopReason"] == "end_turn"


def test_a_message_is_answered_with_the_texts_of_its_turn(house):
    server = house.start_claude(house.claude(
        turns=[[{"text": "one"}], [{"text": "two"}]]))
    server.wait_ready()
    wait_turns(server)
    answer = say(server, "more")
    assert answer["result"] == {"stopReason": "end_turn",
                                "assistant_message": "two"}


def test_a_cancelled_turn_ends_as_cancelled(house):
    server = house.start_claude(house.claude(
        turns=[[{"text": "one"}, {"sleep": 30}]]))
    server.wait_ready()
    server.agent.wait(lambda c: c.frames("user"))
    stream = server.events()
    stream.wait_for(lambda s: s.updates("agent_message_chunk"))
    server.command("cancel")
    assert wait_turns(server)[0]["params"]["stopReason"] == "cancelled"
    assert server.agent.requests("interrupt")


def test_an_option_is_set_without_set_model(house):
    server = house.start_claude(house.claude(turns=[[]]), env={
        "POSTHOG_CODE_MODEL": "claude-opus-4-7"})
    server.wait_ready()
    answer = server.command("set_config_option", {
        "configId": "effort", "value": "high"})
    options = {o["id"]: o for o in answer["result"]["configOptions"]}
    assert options["effort"]["currentValue"] == "high"
    assert server.agent.requests("apply_flag_settings")[-1]["settings"] == {
        "effortLevel": "high"}
    server.command("set_config_option", {
        "configId": "mode", "value": "plan"})
    assert server.agent.requests("set_permission_mode")[-1]["mode"] == "plan"
    assert not server.agent.requests("set_model")


def test_a_cli_killed_between_turns_goes_on_with_its_session(house):
    server = house.start_claude()
    server.wait_ready()
    wait_turns(server)
    os.kill(server.agent.started[0]["pid"], signal.SIGKILL)
    server.agent.wait(lambda c: len(c.started) == 2)
    answer = say(server, "go on")
    assert answer["result"]["stopReason"] == "end_turn"
    first, second = server.agent.started
    (session,) = [w[13:] for w in first["argv"]
                  if w.startswith("--session-id=")]
    assert f"--resume={session}" in second["argv"]
    assert server.health()["readiness"] == "ready"


def test_a_cli_killed_in_its_turn_fails_the_turn_alone(house):
    server = house.start_claude(house.claude(
        turns=[[{"text": "one"}], [{"die": 1}]]))
    server.wait_ready()
    wait_turns(server)
    answer = say(server, "die")
    assert "killed by signal 9" in answer["error"]["message"]
    assert wait_turns(server, 2)[1]["params"]["stopReason"] == "error"
    server.agent.script(turns=[[{"text": "back"}]])
    assert say(server, "go on")["result"]["assistant_message"]


def test_a_cli_that_keeps_dying_is_given_up(house):
    server = house.start_claude(house.claude())
    server.wait_ready()
    wait_turns(server)
    server.agent.script(die_at="start")
    os.kill(server.agent.started[0]["pid"], signal.SIGKILL)
    wait_until(lambda: server.health()["readiness"] == "failed", 10,
               "the failure")
    assert len(server.agent.started) <= 5


def test_a_cli_that_dies_as_it_starts_fails_the_boot(house):
    server = house.start_claude(house.claude(die_at="start"))
    health = server.wait_failed()
    assert health["failureClass"] == "agent_crashed"
    assert server.wait_exit() == 1


def test_a_cli_that_refuses_initialize_fails_the_boot(house):
    server = house.start_claude(house.claude(
        error={"initialize": "Unsupported control request subtype"}))
    health = server.wait_failed()
    assert health["failureClass"] == "agent_refused"
    assert "2.1.112" in health["failure"]


def test_a_mode_that_it_refuses_becomes_the_default(house):
    server = house.start_claude(house.claude(
        turns=[[]], error={"set_permission_mode": "not allowed"}))
    server.wait_ready()
    wait_turns(server)
    server.wait_log("does not enter the mode bypassPermissions")


def test_publishing_is_refused_in_every_mode_when_no_pr_is_wanted(house):
    # contract 19/24: upstream's guard never matches.
    cli = house.claude(turns=[[
        {"hook": {"name": "Bash", "input": {
            "command": "cd x && git push origin HEAD"}}},
        {"hook": {"name": "Bash", "input": {"command": "git status"}}}]])
    server = house.start_claude(cli, args={"--createPr": "false"})
    server.wait_ready()
    wait_turns(server)
    refused, passed = [a["answer"]["response"] for a in cli.of("answered")]
    assert refused["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert passed == {"continue": True}


def test_structured_output_is_told_to_the_control_plane(house):
    plane = house.plane()
    plane.task["json_schema"] = {"type": "object"}
    server = house.start_claude(
        house.claude(structured={"answer": 42}), plane=plane)
    server.wait_ready()
    wait_turns(server)
    assert plane.run["output"] == {"answer": 42}
    assert server.agent.requests("initialize")[0]["jsonSchema"] == {
        "type": "object"}


def test_missing_structured_output_is_asked_for_again(house):
    plane = house.plane()
    plane.task["json_schema"] = {"type": "object"}
    server = house.start_claude(house.claude(
        structured={"answer": 42}, structured_from=2), plane=plane)
    server.wait_ready()
    wait_turns(server)
    assert plane.run["output"] == {"answer": 42}
    assert len(server.agent.frames("user")) == 2


def test_structured_output_that_never_comes_fails_the_turn(house):
    plane = house.plane()
    plane.task["json_schema"] = {"type": "object"}
    server = house.start_claude(plane=plane)
    server.wait_ready()
    assert wait_turns(server)[0]["params"]["stopReason"] == "error"
    assert len(server.agent.frames("user")) == 3
    plane.wait_for(lambda p: "failed" in p.statuses)


def test_other_mcp_servers_need_no_new_session(house):
    server = house.start_claude(house.claude())
    server.wait_ready()
    wait_turns(server)
    answer = server.command("refresh_session", {"mcpServers": [
        {"type": "http", "name": "n", "url": "https://n.invalid"}]})
    assert answer["result"] == {"refreshed": True}
    flags = server.agent.started[1]["argv"]
    assert [w for w in flags if w.startswith("--resume=")]
    assert [w for w in flags if w.startswith("--mcp-config=")]
    assert say(server, "go on")["result"]["stopReason"] == "end_turn"


def test_a_refresh_without_servers_changes_nothing(house):
    # contract 19/22: upstream removes every server.
    server = house.start_claude()
    server.wait_ready()
    wait_turns(server)
    assert server.command("refresh_session", {"mcpServers": []})["result"] == {
        "refreshed": True}
    assert len(server.agent.started) == 1


@pytest.mark.parametrize("params", [{}, {"mcpServers": "x"},
                                    {"mcpServers": [{"type": "stdio"}]}])
def test_a_refresh_names_what_is_wrong(house, params):
    server = house.start_claude(house.claude(turns=[[]]))
    server.wait_ready()
    answer = server.command("refresh_session", params)
    assert answer["error"]["code"] == -32602
    assert "mcpServers" in answer["error"]["message"]
