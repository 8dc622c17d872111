"""The native Claude driver when the CLI dies, the model fails or a turn is
cancelled."""
import os
import signal
import time

import processes
import pytest
from claude_session import Session
from messages_gateway import Reply, error, text, tool


def kill_cli(session):
    pid = session.cli_pid()
    os.kill(pid, signal.SIGKILL)
    processes.wait_until(lambda: not processes.is_alive(pid), 5,
                         "the CLI's end")
    return pid


def test_a_cancel_stops_the_model_mid_stream(house, claude, record_property):
    session = Session(house, claude, [text("word " * 400, pause=0.05)],
                      [text("Again.")])
    turn = session.begin("Tell a story.")
    session.stream.wait_for(lambda s: s.updates("agent_message_chunk"), 30)
    began = time.monotonic()
    assert session.command("cancel") == {"cancelled": True}
    assert turn.end(10)["result"]["stopReason"] == "cancelled"
    took = time.monotonic() - began
    record_property("cancel_ms", round(took * 1000))
    print(f"cancel: {took * 1000:.0f} ms")
    assert took < 5
    session.stream.wait_for(lambda _: session.stop_reasons())
    assert session.stop_reasons() == ["cancelled"]
    assert session.prompt("Go on.")["assistant_message"] == "Again."


def test_a_cancel_stops_a_command(house, claude):
    waiting = "import time; time.sleep(77)"
    session = Session(house, claude,
                      [tool("Bash", command=f"python3 -c '{waiting}'")],
                      [text("Again.")], mode="bypassPermissions")
    turn = session.begin("Wait.")

    def sleeper():
        return [pid for pid in processes.descendants(session.server.pid)
                if processes.command_line(pid).strip()
                == f"python3 -c {waiting}"]
    processes.wait_until(sleeper, 30, "the command's start")
    session.command("cancel")
    assert turn.end(10)["result"]["stopReason"] == "cancelled"
    processes.wait_until(lambda: not sleeper(), 5, "the command's end")
    assert session.prompt("Go on.")["assistant_message"] == "Again."


def test_a_cancel_between_turns_does_no_harm(house, claude):
    session = Session(house, claude)
    session.prompt("Say hello.")
    assert session.command("cancel") == {"cancelled": True}
    assert session.prompt("And again.")["stopReason"] == "end_turn"


def test_a_cli_killed_between_turns_goes_on_where_it_was(house, claude):
    session = Session(house, claude, [text("The word is otter.")],
                      [text("It was otter.")])
    session.prompt("Tell me a word.")
    time.sleep(0.5)  # older CLIs write their transcript a little later
    killed = kill_cli(session)
    time.sleep(0.5)  # the server has noticed
    result = session.prompt("Which word?")
    assert result["assistant_message"] == "It was otter."
    call = session.gateway.calls[-1]
    assert call.says("Tell me a word.", "user")
    assert call.says("The word is otter.", "assistant")
    assert session.cli_pid() != killed
    assert session.server.health()["hasSession"] is True


def test_a_prompt_that_meets_a_cli_just_killed_is_not_lost(house, claude):
    session = Session(house, claude, [text("The word is otter.")],
                      [text("It was otter.")])
    session.prompt("Tell me a word.")
    time.sleep(0.5)
    kill_cli(session)
    result = session.prompt("Which word?")
    assert result["assistant_message"] == "It was otter."
    assert session.gateway.calls[-1].says("Tell me a word.", "user")


def test_a_cli_that_lost_its_transcript_begins_a_new_conversation(
        house, claude):
    session = Session(house, claude, [text("Hello.")], [text("Again.")])
    session.prompt("Say hello.")
    time.sleep(0.5)
    for transcript in session.home.rglob("projects/*/*.jsonl"):
        transcript.unlink()
    kill_cli(session)
    time.sleep(0.5)
    assert session.prompt("Go on.")["assistant_message"] == "Again."


def test_options_outlive_the_cli(house, claude):
    session = Session(house, claude, mode="bypassPermissions")
    session.set_option("model", "claude-opus-4-7")
    session.set_option("effort", "low")
    session.set_option("mode", "default")
    session.prompt("Say hello.")
    time.sleep(0.5)
    kill_cli(session)
    time.sleep(0.5)
    session.gateway.script([tool("Bash", command="touch made")],
                           [text("Done.")])
    turn = session.begin("Create a file.")
    session.respond(session.asked(), "allow")
    turn.end()
    call = session.gateway.calls[-1]
    assert call.model == "claude-opus-4-7"
    assert call["output_config"]["effort"] == "low"


def test_a_cli_killed_before_the_first_prompt(house, claude):
    session = Session(house, claude, [text("Hello.")])
    kill_cli(session)
    time.sleep(0.5)
    assert session.prompt("Say hello.")["assistant_message"] == "Hello."
    system = session.gateway.calls[0].system
    assert "Generated-By: PostHog Code" in system


def test_a_cli_killed_in_a_turn_fails_it_and_the_next_one_works(
        house, claude):
    session = Session(house, claude, [text("word " * 400, pause=0.05)],
                      [text("Again.")])
    turn = session.begin("Tell a story.")
    # Older CLIs write the prompt into their transcript a little later.
    session.stream.wait_for(
        lambda s: len(s.updates("agent_message_chunk")) > 15, 30)
    kill_cli(session)
    answer = turn.end(15)
    assert answer["error"]["message"]
    assert session.prompt("Go on.")["assistant_message"] == "Again."
    assert session.gateway.calls[-1].says("Tell a story.", "user")


@pytest.mark.parametrize("status", [400, 401, 429, 500, 529])
def test_a_failure_of_the_model_is_told(house, claude, status):
    session = Session(house, claude, env={"CLAUDE_CODE_MAX_RETRIES": "0"})
    session.gateway.when(lambda r: not r.says("Go on.", "user"),
                         error(status, "the gateway said no"))
    answer = session.begin("Say hello.").end()
    assert answer["error"]["code"] == -32000
    message = answer["error"]["message"]
    assert "the gateway said no" in message or "login" in message.lower() \
        or "authenticat" in message.lower() or str(status) in message
    assert not session.stream.updates("agent_message_chunk") or \
        "API Error" not in session.text()
    session.gateway.rules.clear()
    assert session.prompt("Go on.")["stopReason"] == "end_turn"


def test_a_failure_of_the_first_turn_ends_the_run(house, claude):
    session = Session(house, claude,
                      *[error(400, "the gateway said no")] * 6,
                      first_prompt="Say hello.")
    patch = session.plane.wait_for(
        lambda p: [p_ for p_ in p.patches if p_.get("status") == "failed"],
        60)[0]
    assert "the gateway said no" in patch["error_message"]
    assert session.server.health()["hasSession"] is True


def test_a_stream_that_is_cut_is_classified(house, claude):
    session = Session(house, claude, first_prompt="Say hello.", wait=False,
                      env={"CLAUDE_CODE_MAX_RETRIES": "0",
                           "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK": "1"})
    session.gateway.when(
        lambda r: True,
        Reply([text("Half of it is said", pause=0.1)], cut=True))
    patch = session.plane.wait_for(
        lambda p: [p_ for p_ in p.patches if p_.get("status") == "failed"],
        90)[0]
    assert patch["error_message"] in ("Upstream LLM stream terminated",
                                      "Upstream LLM connection error")


def test_an_answer_that_comes_unstreamed_is_told(house, claude):
    # The newest asks again without streaming when a stream broke.
    session = Session(house, claude,
                      Reply([text("Half of it", pause=0.1)], cut=True),
                      [text("All of it.")])
    answer = session.begin("Say it.").end()
    if session.is_newest:
        assert answer["result"]["stopReason"] == "end_turn"
        assert "All of it." in session.text()
        assert "All of it." in answer["result"]["assistant_message"]
    else:
        assert "error" in answer


def test_a_result_of_many_megabytes(house, claude):
    session = Session(house, claude, mode="bypassPermissions")
    big = session.repository / "big.txt"
    big.write_text("0123456789 abcdef\n" * 1_700_000)
    session.gateway.script([tool("Bash", command="cat big.txt")],
                           [tool("Read", file_path=str(big))],
                           [text("Done.")])
    assert session.prompt("Show it.", 90)["stopReason"] == "end_turn"
    assert session.outcome("Bash")["status"] == "completed"


def test_a_cli_that_cannot_start_fails_the_boot_with_its_words(
        house, claude, tmp_path):
    broken = tmp_path / "claude"
    broken.write_text("#!/bin/sh\necho 'no such colour' >&2\nexit 7\n")
    broken.chmod(0o755)
    session = Session(house, broken, wait=False)
    health = session.server.wait_failed(60)
    assert health["failureClass"]
    assert "no such colour" in session.server.log or \
        "no such colour" in str(health)


def test_a_refresh_in_a_turn_is_refused(house, claude):
    session = Session(house, claude, [text("word " * 60, pause=0.05)])
    turn = session.begin("Tell a story.")
    session.stream.wait_for(lambda s: s.updates("agent_message_chunk"), 30)
    answer = session.server.command("refresh_session", {"mcpServers": [
        {"type": "http", "name": "sums", "url": "http://127.0.0.1:9/mcp"}]})
    assert answer["error"]["message"] == \
        "Cannot refresh session while a prompt turn is in flight"
    assert turn.end()["result"]["stopReason"] == "end_turn"
