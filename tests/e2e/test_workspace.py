"""What the server does with the repository: the branch and the pull request
that it tells, and the checkpoints that it saves."""
import base64
import os
import pathlib
import subprocess
import time

import pytest
from servers import PINNED
from fakes.http_fake import Answer, Hang

TOKEN = "ghs_e2e_clone_token_91"
CHECKPOINT_KEYS = {
    "checkpointId", "commit", "checkpointRef", "headRef", "head", "branch",
    "indexTree", "worktreeTree", "timestamp", "upstreamRemote",
    "upstreamMergeRef", "remoteUrl", "artifactPath", "indexArtifactPath",
    "device"}


def git(directory, *words, input=None):
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent",
           "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b",
           "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b"}
    return subprocess.run(["git", *words], cwd=directory, env=env, check=True,
                          input=input, capture_output=True).stdout.decode(
                              errors="replace").strip()


@pytest.fixture
def repository(tmp_path):
    """A clone whose remote has all of its ten commits."""
    seed, clone = tmp_path / "seed", tmp_path / "clone"
    git(tmp_path, "init", "-q", "-b", "main", seed)
    for number in range(10):
        (seed / f"file{number}.txt").write_text(f"{number}\n")
        git(seed, "add", "-A")
        git(seed, "commit", "-q", "-m", f"commit {number}")
    git(tmp_path, "clone", "-q", "--bare", seed, tmp_path / "remote")
    git(tmp_path, "clone", "-q", tmp_path / "remote", clone)
    return clone


def edit(path, id="edit-1"):
    return {"update": {"sessionUpdate": "tool_call_update", "toolCallId": id,
                       "_meta": {"claudeCode": {
                           "toolName": "Edit",
                           "toolResponse": {"filePath": str(path)}}}}}


def bash(command, output, id="bash-1"):
    return {"update": {"sessionUpdate": "tool_call_update", "toolCallId": id,
                       "_meta": {"claudeCode": {
                           "toolName": "Bash", "bashCommand": command,
                           "toolResponse": {"stdout": output, "stderr": ""}}}}}


def start(house, repository, turn, plane=None):
    server = house.start(plane=plane, env=PINNED, script={"turn": turn},
                         args={"--repositoryPath": str(repository)})
    server.wait_ready()
    return server


def checkpoints(plane):
    return [n["params"] for n in plane.entries_of("_posthog/git_checkpoint")]


def uploads(plane):
    return [r.json["artifacts"] for r in plane.of("POST artifacts")]


def pack_of(plane, checkpoint):
    return base64.b64decode(plane.stored[checkpoint["artifactPath"]],
                            validate=True)


def objects_in(pack):
    return int.from_bytes(pack[8:12], "big")


def test_an_edit_is_saved_as_a_checkpoint(house, repository):
    git(repository, "remote", "set-url", "origin",
        f"https://x-access-token:{TOKEN}@github.com/o/r.git")
    (repository / "new.txt").write_text("new\n")
    server = start(house, repository, [{"sleep": 0.3}, edit("/r/new.txt")])
    stream = server.events()
    told = stream.wait_for_method("_posthog/git_checkpoint")["params"]
    logged = server.plane.wait_for(checkpoints)
    assert logged == [told]
    assert set(told) == CHECKPOINT_KEYS
    id = told["checkpointId"]
    assert told["head"] == git(repository, "rev-parse", "HEAD")
    assert told["branch"] == "main"
    assert told["checkpointRef"] == f"refs/posthog-code-checkpoint/{id}"
    assert told["upstreamRemote"] == "origin"
    assert told["upstreamMergeRef"] == "refs/heads/main"
    assert told["device"]["type"] == "cloud"
    # Weakness 32.
    assert told["remoteUrl"] == "https://github.com/o/r.git"
    assert TOKEN.encode() not in stream.bytes
    assert [[(a["name"], a["type"], a["content_type"]) for a in upload]
            for upload in uploads(server.plane)] == [
        [(f"handoff/{id}.pack", "artifact",
          "application/x-git-packed-objects")],
        [(f"handoff/{id}.index", "artifact", "application/octet-stream")]]
    pack = pack_of(server.plane, told)
    assert pack.startswith(b"PACK")
    # Weakness 37: the history that the remote has is not sent.
    assert objects_in(pack) == 2
    index = base64.b64decode(server.plane.stored[told["indexArtifactPath"]])
    assert index.startswith(b"DIRC")
    assert git(repository, "for-each-ref", "refs/posthog-code-checkpoint",
               "refs/posthog-code-handoff") == ""


def test_a_checkpoint_brings_the_files_to_another_clone(house, repository,
                                                        tmp_path):
    git(repository, "checkout", "-q", "-b", "work")
    (repository / "file1.txt").write_text("changed\n")
    git(repository, "commit", "-q", "-am", "work")
    (repository / "open.txt").write_text("open\n")
    server = start(house, repository, [edit("/r/open.txt")])
    told = server.plane.wait_for(checkpoints)[0]
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", tmp_path / "remote", other)
    git(other, "unpack-objects", "-q", input=pack_of(server.plane, told))
    git(other, "reset", "-q", "--hard", told["head"])
    git(other, "read-tree", "--reset", "-u", told["worktreeTree"])
    assert (other / "file1.txt").read_text() == "changed\n"
    assert (other / "open.txt").read_text() == "open\n"


def test_a_burst_of_edits_is_few_checkpoints(house, repository):
    """Weakness 37: captures neither overlap nor pile up."""
    (repository / "new.txt").write_text("new\n")
    server = start(house, repository,
                   [edit("/r/new.txt", f"e{n}") for n in range(50)])
    server.plane.wait_for(checkpoints)
    time.sleep(3)
    assert len(checkpoints(server.plane)) == 1
    assert len(uploads(server.plane)) == 2


def test_close_saves_a_last_checkpoint_for_the_callers_clone(house,
                                                             repository):
    server = start(house, repository, [{"chunk": "x"}])
    server.plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    (repository / "late.txt").write_text("late\n")
    head = git(repository, "rev-parse", "HEAD")
    answer = server.command("close", {"localGitState": {
        "head": head, "branch": "main", "upstreamHead": head,
        "upstreamRemote": "origin", "upstreamMergeRef": "refs/heads/main"}})
    assert answer["result"] == {"closed": True}
    (told,) = server.plane.wait_for(checkpoints)
    assert objects_in(pack_of(server.plane, told)) == 2


def test_an_unknown_upstream_head_loses_no_last_checkpoint(house, repository):
    """Weakness 38."""
    server = start(house, repository, [{"chunk": "x"}])
    server.plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    (repository / "late.txt").write_text("late\n")
    server.command("close", {"localGitState": {
        "head": "0" * 39 + "1", "upstreamHead": "0" * 39 + "1"}})
    assert len(server.plane.wait_for(checkpoints)) == 1


def test_termination_saves_what_a_tool_changed(house, repository):
    server = start(house, repository, [bash("touch late.txt", "")])
    server.plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    (repository / "late.txt").write_text("late\n")
    assert server.terminate(timeout=10) == 0
    (told,) = checkpoints(server.plane)
    assert objects_in(pack_of(server.plane, told)) == 2


def test_termination_with_nothing_to_save_is_quick(house, repository):
    server = start(house, repository, [{"chunk": "x"}])
    server.plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    server.plane.always["POST artifacts"] = Hang()
    assert server.terminate(timeout=5) == 0
    assert uploads(server.plane) == []


def test_an_upload_that_is_refused_costs_nothing_but_the_checkpoint(
        house, repository):
    plane = house.plane()
    plane.always["POST artifacts"] = Answer(413, {"detail": "too large"})
    server = start(house, repository, [edit("/r/a")], plane=plane)
    plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    server.wait_log("no checkpoint was saved")
    assert server.command("user_message", {"content": "on"})["result"][
        "stopReason"] == "end_turn"
    assert checkpoints(plane) == []


def test_a_directory_that_is_no_repository_has_no_checkpoint(house, tmp_path):
    plain = tmp_path / "plain"
    plain.mkdir()
    server = start(house, plain, [edit("/r/a")])
    server.plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    assert server.terminate(timeout=5) == 0
    assert uploads(server.plane) == []
    assert "no checkpoint" not in server.log


def test_the_branch_is_told_after_a_turn_when_it_changed(house, repository):
    server = start(house, repository, [{"chunk": "x"}])

    def branches(plane):
        return [p for p in plane.patches if "branch" in p]
    told = {"branch": "main", "output": {"head_branch": "main"}}
    assert server.plane.wait_for(branches) == [told]
    server.command("user_message", {"content": "again"})
    git(repository, "checkout", "-q", "-b", "work")
    server.command("user_message", {"content": "and again"})
    assert server.plane.wait_for(lambda p: branches(p)[1:]) == [
        {"branch": "work", "output": {"head_branch": "work"}}]


CLAUDE = [bash("git push && gh pr create --fill",
               "https://github.com/o/r/pull/12\n")]
CODEX = [
    {"update": {"sessionUpdate": "tool_call", "toolCallId": "x",
                "title": "gh pr create", "kind": "execute",
                "status": "in_progress",
                "rawInput": {"command": ["bash", "-lc", "gh pr create"]}}},
    {"update": {"sessionUpdate": "tool_call_update", "toolCallId": "x",
                "status": "completed", "content": [
                    {"type": "content", "content": {
                        "type": "text",
                        "text": "https://github.com/o/r/pull/12"}}]}}]


@pytest.mark.parametrize("turn", [CLAUDE, CODEX], ids=["claude", "codex"])
def test_a_pull_request_is_told_and_remembered(house, repository, turn):
    """Weakness 41."""
    server = start(house, repository, turn)
    url = "https://github.com/o/r/pull/12"
    assert server.plane.wait_for(lambda p: [
        x for x in p.patches if "pr_url" in x.get("output", {})]) == [
            {"output": {"pr_url": url}}]
    server.plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    server.command("user_message", {"content": "more"})
    first, second = [m["params"] for m in
                     server.agent.received("session/prompt")]
    assert "_meta" not in first
    assert url in second["_meta"]["prContext"]


def test_claude_reads_of_the_pull_request_before_a_follow_up(house,
                                                             repository):
    plane = house.plane()
    url = "https://github.com/o/r/pull/3"
    plane.run["state"]["slack_notified_pr_url"] = url
    server = house.start_claude(plane=plane,
                                args={"--repositoryPath": str(repository)})
    server.wait_ready()
    plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    server.command("user_message", {"content": "more"})
    frame = server.agent.frames("user")[-1]
    assert url in frame["message"]["content"][0]["text"]
    assert frame["message"]["content"][1] == {"type": "text", "text": "more"}
    chunks = [n["params"]["update"]["content"]["text"]
              for n in plane.wait_for(lambda p: p.entries_of("session/update"))
              if n["params"]["update"]["sessionUpdate"] ==
              "user_message_chunk"]
    assert not any(url in text for text in chunks)


def test_no_git_process_learns_a_secret(house, repository, tmp_path):
    """A filter of the repository sees git's environment."""
    seen = tmp_path / "environment"
    git(repository, "config", "filter.spy.clean",
        f"sh -c 'env >> {seen}; cat'")
    (repository / ".gitattributes").write_text("*.txt filter=spy\n")
    (repository / "new.txt").write_text("new\n")
    server = start(house, repository, [edit("/r/new.txt")])
    server.plane.wait_for(checkpoints)
    text = pathlib.Path(seen).read_text()
    assert "PATH=" in text
    for name in ("POSTHOG_PERSONAL_API_KEY", "JWT_PUBLIC_KEY"):
        assert name not in text
    assert os.path.exists(repository / "new.txt")
