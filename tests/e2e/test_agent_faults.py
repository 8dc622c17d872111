"""An agent that is missing, dies, hangs or talks nonsense."""
import os
import signal

import processes
import pytest
from servers import PINNED
from fakes.http_fake import Hang

SHORT = {**PINNED, "AGENT_SERVER_ACP_INITIALIZE_DEADLINE_MS": "1500",
         "AGENT_SERVER_SESSION_CREATE_DEADLINE_MS": "1500"}


def assert_fails(server, failure_class, *texts):
    health = server.wait_failed()
    assert health["failureClass"] == failure_class, health["failure"]
    for text in texts:
        assert text in health["failure"]
    assert server.wait_exit(5) == 1
    assert server.plane.statuses == ["failed"]
    message = server.plane.patches[-1]["error_message"]
    for text in texts:
        assert text in message
    assert "Fatal agent-server error" in server.log


def test_a_command_that_is_missing(house, tmp_path):
    path = str(tmp_path / "nowhere/agent")
    assert_fails(house.start(agent=path, env=SHORT), "agent_not_found", path)


def test_a_command_that_is_not_on_the_path(house):
    server = house.start(agent="no-such-agent --acp", env=SHORT)
    assert_fails(server, "agent_not_found", "no-such-agent")


@pytest.mark.parametrize("kind", ["not_executable", "directory",
                                  "no_interpreter", "no_program"])
def test_a_command_that_cannot_be_executed(house, tmp_path, kind):
    path = tmp_path / "agent"
    if kind == "directory":
        path.mkdir()
    else:
        path.write_text({"not_executable": "#!/bin/sh\n",
                         "no_interpreter": "#!/no/such/interpreter\n",
                         "no_program": "neither script nor program\n"}[kind])
        path.chmod(0o644 if kind == "not_executable" else 0o755)
    assert_fails(house.start(agent=str(path), env=SHORT), "agent_not_found",
                 str(path))


def test_an_exit_at_once_is_told_with_its_last_words(house):
    server = house.start(env=SHORT, script={
        "at": {"start": "exit"}, "exit_status": 3,
        "stderr": "no licence for this machine\n"})
    assert_fails(server, "agent_crashed", "3", "no licence for this machine")


def test_a_death_by_signal_is_told(house):
    server = house.start(env=SHORT, script={"at": {"start": "crash"}})
    assert_fails(server, "agent_crashed", "signal 11")


@pytest.mark.parametrize("moment", ["initialize", "after initialize",
                                    "session/new"])
def test_an_exit_later(house, moment):
    server = house.start(env=SHORT, script={"at": {moment: "exit"},
                                            "exit_status": 4})
    assert_fails(server, "agent_crashed", "4")


def test_an_exit_while_the_task_is_waited_for(house):
    plane = house.plane()
    plane.always["GET run"] = Hang()
    server = house.start(plane=plane, env=SHORT,
                         script={"at": {"after initialize": "exit"}})
    assert_fails(server, "agent_crashed")


@pytest.mark.parametrize("method", ["initialize", "session/new"])
def test_no_answer_in_time(house, method):
    server = house.start(env=SHORT, script={"at": {method: "hang"}})
    assert_fails(server, "agent_handshake_timeout", method)


@pytest.mark.parametrize("method", ["initialize", "session/new"])
def test_an_error_for_an_answer(house, method):
    server = house.start(env=SHORT, script={"error": {method: {
        "code": -32000, "message": "Authentication required"}}})
    assert_fails(server, "agent_refused", "Authentication required")


@pytest.mark.parametrize("moment", ["start", "initialize", "session/new"])
def test_garbage_for_an_answer(house, moment):
    server = house.start(env=SHORT, script={"at": {moment: "garbage"}})
    assert_fails(server, "agent_refused")


@pytest.mark.parametrize("moment", ["start", "session/new"])
def test_a_line_of_40_mib(house, moment):
    server = house.start(env={**PINNED}, script={"at": {moment: "long_line"}})
    assert_fails(server, "agent_refused")


@pytest.mark.parametrize("moment", ["start", "initialize", "session/new"])
def test_an_output_that_is_closed_by_a_living_agent(house, moment):
    server = house.start(env=SHORT, script={"at": {moment: "close_stdout"}})
    assert_fails(server, "agent_crashed")


def test_half_a_line_and_silence(house):
    server = house.start(env=SHORT, script={"at": {"start": "no_newline"}})
    assert_fails(server, "agent_handshake_timeout")


def test_an_answer_without_a_session_id(house):
    server = house.start(env=SHORT, script={"session": {"sessionId": None}})
    assert_fails(server, "agent_refused")


def test_an_agent_that_ignores_every_plea_is_killed(house):
    server = house.start(env=SHORT, script={
        "at": {"initialize": "hang"}, "ignore_term": True,
        "grandchildren": 1})
    server.wait_failed()
    assert server.wait_exit(5) == 1


def test_a_death_in_the_first_turn_fails_the_run(house):
    server = house.start(env=PINNED, script={
        "turn": [{"chunk": "a"}, {"fault": "exit"}], "exit_status": 5})
    server.plane.wait_for(lambda p: "failed" in p.statuses)
    assert server.health()["hasSession"] is False
    assert server.health()["failureClass"] == "agent_crashed"


def test_a_death_between_turns_shows_in_health(ready):
    os.kill(ready.agent.started[0]["pid"], signal.SIGKILL)
    processes.wait_until(lambda: not ready.health()["hasSession"], 5,
                         "the loss of the session")
    assert ready.health()["failureClass"] == "agent_crashed"
    status, _, body = ready.request(
        "POST", "/command", token=ready.token(),
        body={"jsonrpc": "2.0", "id": 1, "method": "user_message",
              "params": {"content": "hello?"}})
    assert (status, body) == \
        (400, b'{"error":"No active session for this run"}')


def test_stderr_of_any_size_does_not_block_the_agent(house):
    server = house.start(env=PINNED, script={"stderr": "noise\n" * 200000})
    server.wait_ready()


def test_lines_are_read_however_they_are_cut(house):
    update = ('{"jsonrpc":"2.0","method":"session/update","params":'
              '{"sessionId":"s","update":{"sessionUpdate":'
              '"agent_message_chunk","content":{"type":"text",'
              '"text":"%s"}}}}\n')
    turn = [{"raw": (update % "one") + (update % "two")},
            {"raw": (update % "three")[:40]}, {"sleep": 0.2},
            {"raw": (update % "three")[40:]},
            {"raw": update % ("x" * (20 << 20))}]
    server = house.start(env=PINNED, script={"turn": turn})
    server.wait_ready()
    answer = server.command("user_message", {"content": "go"}, timeout=60)
    text = answer["result"]["assistant_message"]
    assert text == "onetwothree" + "x" * (20 << 20)


def test_an_unknown_method_is_answered(house):
    server = house.start(env=PINNED, script={"turn": [
        {"request": {"method": "fs/read_text_file",
                     "params": {"path": "/etc/hostname"}}},
        {"chunk": "done"}]})
    server.wait_ready()
    answered = processes.wait_until(lambda: server.agent.of("answered"), 10,
                                    "the answer")
    assert answered[0]["message"]["error"]["code"] == -32601


def test_a_banner_before_the_protocol_is_not_the_end(house):
    """Some agents greet their user before they speak the protocol."""
    agent = house.agent()
    command = "/bin/sh -c 'echo; exec \"$@\"' sh " + agent.command
    house.start(agent=command, env=SHORT).wait_ready()
