"""Going on from an earlier run: its conversation and its repository."""
import json
import subprocess
import time

import pytest
from servers import PINNED, new_id
from fakes.http_fake import Answer

MARKERS = ("You are resuming a previous conversation",
           "Here is the conversation history from the",
           "Continue from where you left off")


def entry(notification):
    return {"type": "notification", "timestamp": "2026-01-01T00:00:00.000Z",
            "notification": {"jsonrpc": "2.0", **notification}}


def update(**members):
    return entry({"method": "session/update",
                  "params": {"sessionId": "s", "update": members}})


def said(kind, text):
    return update(sessionUpdate=kind, content={"type": "text", "text": text})


CONVERSATION = [
    said("user_message_chunk", "Mend the fence."),
    said("agent_message", "I look at it."),
    update(sessionUpdate="tool_call", toolCallId="t1", title="ls",
           kind="execute", status="pending",
           _meta={"claudeCode": {"toolName": "Bash", "toolCallId": "t1"}}),
    update(sessionUpdate="tool_call_update", toolCallId="t1", _meta={
        "claudeCode": {"toolName": "Bash", "toolCallId": "t1",
                       "toolResponse": {"stdout": "fence.txt"}}}),
    said("agent_message", "Done."),
]


def ndjson(entries):
    return "".join(json.dumps(e) + "\n" for e in entries)


def earlier_run(plane, log=None):
    """An earlier run of the plane's task; returns its id."""
    run_id = new_id()
    plane.add_run(run_id, ndjson(CONVERSATION) if log is None else log)
    return run_id


def start(house, plane, resume, by="environment", **options):
    env = dict(PINNED)
    if by == "environment":
        env["POSTHOG_RESUME_RUN_ID"] = resume
    else:
        plane.run["state"]["resume_from_run_id"] = resume
    server = house.start(plane=plane, env=env, **options)
    server.wait_ready()
    return server


def prompt(server, number=1):
    return server.agent.wait_for("session/prompt",
                                 number)["params"]["prompt"]


@pytest.mark.parametrize("by", ["environment", "state"])
def test_a_resumed_session_begins_with_the_history(house, by):
    plane = house.plane()
    server = start(house, plane, earlier_run(plane), by)
    blocks = prompt(server)
    assert len(blocks) == 1 and blocks[0]["type"] == "text"
    text = blocks[0]["text"]
    assert all(marker in text for marker in MARKERS)
    assert ("**User**: Mend the fence.\n\n"
            "**Assistant**: I look at it.Done.\n\n"
            "**Assistant (tools)**:\n  - Bash → fence.txt") in text
    assert "Say hello." not in text
    plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))


def test_a_run_is_resumed_from_this_servers_own_log(house):
    """Known weakness 39: the log of a run said nothing of its tools to the
    reader."""
    plane = house.plane()
    first = house.start(plane=plane, env=PINNED, script={"turn": [
        {"chunk": "I "}, {"chunk": "look."},
        {"update": {"sessionUpdate": "tool_call", "toolCallId": "t",
                    "title": "read a.txt", "kind": "read",
                    "status": "pending"}},
        {"update": {"sessionUpdate": "tool_call_update", "toolCallId": "t",
                    "status": "completed", "content": [
                        {"type": "content", "content": {
                            "type": "text", "text": "words of a"}}]}}]})
    first.wait_ready()
    first.command("user_message", {"content": "And now?"})
    assert first.terminate() == 0
    log = ndjson(plane.entries)
    second = start(house, plane, earlier_run(plane, log))
    text = prompt(second)[0]["text"]
    assert ("**User**: Say hello.\n\n**Assistant**: I look.\n\n"
            "**Assistant (tools)**:\n  - read a.txt → words of a\n\n"
            "**User**: And now?") in text


def test_a_resumed_run_is_resumed_without_the_words_of_the_resume(house):
    plane = house.plane()
    first = start(house, plane, earlier_run(plane))
    prompt(first)
    plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    assert first.terminate() == 0
    log = ndjson(CONVERSATION) + ndjson(plane.entries)
    text = prompt(start(house, plane, earlier_run(plane, log)))[0]["text"]
    assert text.count(MARKERS[0]) == 1
    assert "**Assistant**: Hello." in text


def test_a_pending_message_follows_the_history(house):
    plane = house.plane()
    plane.run["state"].update(pending_user_message="And paint it.",
                              pending_user_message_ts="1.2", other=1)
    server = start(house, plane, earlier_run(plane))
    first, message, last = prompt(server)
    assert "Mend the fence." in first["text"]
    assert MARKERS[0] in first["text"] and MARKERS[1] in first["text"]
    assert message == {"type": "text", "text": "And paint it."}
    assert MARKERS[2] in last["text"]


def test_a_resumed_session_clears_the_pending_message(house):
    """Known weakness 17: it was left, and delivered again."""
    plane = house.plane()
    plane.run["state"].update(pending_user_message="And paint it.", other=1)
    start(house, plane, earlier_run(plane))
    plane.wait_for(lambda p: {"state_remove_keys": ["pending_user_message"]}
                   in p.patches)
    assert plane.run["state"] == {"other": 1}


def test_a_failed_clearing_does_not_fail_a_resumed_run(house):
    plane = house.plane()
    plane.run["state"].update(pending_user_message="And paint it.")
    plane.next["PATCH run"].append(Answer(body={}))
    plane.always["PATCH run"] = Answer(400, {"detail": "No."})
    server = start(house, plane, earlier_run(plane))
    plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    plane.wait_for_kind("PATCH run", 2)
    time.sleep(0.3)
    assert "failed" not in plane.statuses
    assert server.health()["hasSession"] is True


def test_a_bad_line_of_the_log_is_passed_over(house):
    plane = house.plane()
    log = '{"type":"notifi\n' + ndjson(CONVERSATION) + "\nnonsense"
    server = start(house, plane, earlier_run(plane, log))
    assert "Mend the fence." in prompt(server)[0]["text"]
    server.wait_log("2 lines of the log of run")


@pytest.mark.parametrize("case", ["no_run", "no_log", "empty", "broken"])
def test_what_cannot_be_resumed_is_a_fresh_start(house, case):
    plane = house.plane()
    run_id = new_id() if case == "no_run" else earlier_run(plane, "")
    if case == "no_log":
        plane.always["GET earlier logs"] = Answer(404, {"detail": "No."})
    elif case == "broken":
        plane.always["GET earlier logs"] = Answer(body=b"\x00\xff{[")
    server = start(house, plane, run_id)
    assert prompt(server) == [{"type": "text", "text": "Say hello."}]
    server.wait_log("the session starts fresh")


def test_an_id_that_is_none_is_asked_of_nobody(house):
    plane = house.plane()
    server = start(house, plane, "../../users/@me")
    assert prompt(server) == [{"type": "text", "text": "Say hello."}]
    assert plane.unexpected() == []


def test_a_failed_resumed_turn_fails_the_run(house):
    plane = house.plane()
    server = start(house, plane, earlier_run(plane), script={
        "error": {"session/prompt": {"code": -32603, "message": "no"}}})
    plane.wait_for(lambda p: "failed" in p.statuses)
    server.wait_log("send_resume_task_message_failed")


@pytest.mark.parametrize("by", ["environment", "state"])
def test_the_claude_cli_is_told_the_history(house, by):
    plane = house.plane()
    env = {}
    run_id = earlier_run(plane)
    if by == "environment":
        env["POSTHOG_RESUME_RUN_ID"] = run_id
    else:
        plane.run["state"]["resume_from_run_id"] = run_id
    server = house.start_claude(plane=plane, env=env)
    server.wait_ready()
    cli = server.agent
    cli.wait(lambda c: c.frames("user"))
    assert "Mend the fence." in json.dumps(cli.frames("user")[0])
    plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    assert len(cli.frames("user")) == 1
    assert len(cli.started) == 1


def test_the_claude_cli_reads_no_repository_before_it_is_known_what_to_restore(
        house):
    plane = house.plane()
    run_id = earlier_run(plane)
    plane.always["GET earlier logs"] = Answer(
        body=ndjson(CONVERSATION).encode(), delay=0.7)
    server = house.start_claude(plane=plane,
                                env={"POSTHOG_RESUME_RUN_ID": run_id})
    asked = plane.wait_for_kind("GET earlier logs")
    server.wait_ready()
    assert server.agent.started[0]["at"] > asked.at + 0.6


def git(directory, *words):
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent",
           "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b",
           "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b"}
    subprocess.run(["git", *words], cwd=directory, env=env, check=True,
                   capture_output=True)


@pytest.fixture
def clones(tmp_path):
    """Two clones of one remote."""
    seed = tmp_path / "seed"
    git(tmp_path, "init", "-q", "-b", "main", seed)
    (seed / "fence.txt").write_text("broken\n")
    git(seed, "add", "-A")
    git(seed, "commit", "-q", "-m", "the fence")
    git(tmp_path, "clone", "-q", "--bare", seed, tmp_path / "remote")
    for name in ("one", "two"):
        git(tmp_path, "clone", "-q", tmp_path / "remote", name)
    return tmp_path / "one", tmp_path / "two"


@pytest.fixture
def left_behind(house, clones):
    """A plane with an earlier run that changed its repository and ended, that
    run's id, and a fresh clone."""
    used, fresh = clones
    git(used, "checkout", "-q", "-b", "mending")
    (used / "fence.txt").write_text("mended\n")
    git(used, "commit", "-q", "-a", "-m", "mend it")
    (used / "paint.txt").write_text("red\n")
    plane = house.plane()
    first = house.start(
        plane=plane, env=PINNED, args={"--repositoryPath": str(used)},
        script={"turn": [{"update": {
            "sessionUpdate": "tool_call_update", "toolCallId": "t",
            "_meta": {"claudeCode": {"toolName": "Write", "toolResponse": {
                "filePath": str(used / "paint.txt")}}}}}]})
    first.wait_ready()
    plane.wait_for(lambda p: p.entries_of("_posthog/git_checkpoint"))
    assert first.terminate(40) == 0
    return plane, earlier_run(plane, ndjson(plane.entries)), fresh


def assert_restored(repository):
    assert (repository / "fence.txt").read_text() == "mended\n"
    assert (repository / "paint.txt").read_text() == "red\n"
    assert (repository / ".git/HEAD").read_text() == \
        "ref: refs/heads/mending\n"


@pytest.mark.parametrize("by", ["environment", "state"])
def test_the_repository_is_restored_before_the_session_opens(left_behind,
                                                             house, by):
    plane, run_id, fresh = left_behind
    server = start(house, plane, run_id, by,
                   args={"--repositoryPath": str(fresh)})
    assert_restored(fresh)
    downloaded = plane.of("POST artifacts/download")[-1].at
    new = server.agent.received("session/new")
    assert len(new) == 1 and new[0]["at"] > downloaded
    assert "is again in the state" in prompt(server)[0]["text"]
    # One that may have read the repository before is not the one asked.
    assert new[0]["pid"] == server.agent.started[-1]["pid"]
    assert len(server.agent.started) == (1 if by == "environment" else 2)


@pytest.mark.parametrize("by", ["environment", "state"])
def test_the_claude_cli_reads_the_restored_repository(left_behind, house, by):
    plane, run_id, fresh = left_behind
    env = {}
    if by == "environment":
        env["POSTHOG_RESUME_RUN_ID"] = run_id
    else:
        plane.run["state"]["resume_from_run_id"] = run_id
    server = house.start_claude(plane=plane, env=env,
                                args={"--repositoryPath": str(fresh)})
    server.wait_ready()
    assert_restored(fresh)
    cli = server.agent
    cli.wait(lambda c: c.frames("user"))
    downloaded = plane.of("POST artifacts/download")[-1].at
    assert cli.started[-1]["at"] > downloaded
    assert cli.frames("user")[0]["pid"] == cli.started[-1]["pid"]
    assert len(cli.started) == (1 if by == "environment" else 2)


def test_a_repository_that_cannot_be_restored_is_only_a_warning(left_behind,
                                                                house):
    plane, run_id, fresh = left_behind
    plane.always["POST artifacts/download"] = Answer(404, {"detail": "No."})
    server = start(house, plane, run_id, args={"--repositoryPath": str(fresh)})
    server.wait_log("the repository could not be restored")
    assert "was not put back" in prompt(server)[0]["text"]
    assert (fresh / "fence.txt").read_text() == "broken\n"
