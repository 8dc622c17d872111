"""Files that come with a message: fetched, and linked to in the prompt."""
import os
import urllib.parse

import pytest
from servers import PINNED
from fakes.http_fake import Answer

PICTURE = bytes(range(256)) * 40


def artifact(plane, name="sketch.png", id="a1", content=PICTURE, **members):
    """A file that the plane keeps."""
    path = f"stored/{id}/{name}"
    plane.stored[path] = content
    return {"id": id, "name": name, "storage_path": path, "type": "user",
            "content_type": "image/png", "size": len(content), **members}


def path_of(block):
    uri = urllib.parse.urlsplit(block["uri"])
    assert uri.scheme == "file"
    return urllib.parse.unquote(uri.path)


def start(house, plane, state=None, artifacts=(), **options):
    plane.run["state"].update(state or {})
    plane.run["artifacts"] = list(artifacts)
    server = house.start(plane=plane, env=PINNED, **options)
    server.wait_ready()
    return server


def prompt(server, number=1):
    return server.agent.wait_for("session/prompt",
                                 number)["params"]["prompt"]


def quiet(house):
    """A server whose task says nothing."""
    plane = house.plane()
    plane.task["description"] = ""
    return start(house, plane)


def send(server, **params):
    return server.command("user_message", params)


def place(server, *parts):
    return os.path.join(server.repository, ".posthog/attachments",
                        server.run_id, *parts)


def test_a_pending_message_brings_its_attachments(house):
    plane = house.plane()
    one, two = artifact(plane), artifact(plane, "notes.txt", "a2", b"words",
                                         content_type="text/plain")
    server = start(house, plane, {"pending_user_message": "Look.",
                                  "pending_user_artifact_ids": ["a2", "a1"]},
                   [one, two])
    assert prompt(server) == [
        {"type": "text", "text": "Look."},
        {"type": "resource_link",
         "uri": "file://" + place(server, "a2", "notes.txt"),
         "name": "notes.txt", "mimeType": "text/plain", "size": 5},
        {"type": "resource_link",
         "uri": "file://" + place(server, "a1", "sketch.png"),
         "name": "sketch.png", "mimeType": "image/png",
         "size": len(PICTURE)}]
    with open(place(server, "a1", "sketch.png"), "rb") as file:
        assert file.read() == PICTURE
    removed = plane.wait_for(lambda p: [
        x["state_remove_keys"] for x in p.patches
        if "state_remove_keys" in x])
    assert removed == [["pending_user_message", "pending_user_artifact_ids"]]


def test_a_pending_attachment_that_is_not_there_is_left_out(house):
    plane = house.plane()
    server = start(house, plane, {"pending_user_message": "Look.",
                                  "pending_user_artifact_ids": ["gone"]})
    assert prompt(server) == [{"type": "text", "text": "Look."}]
    server.wait_log("attachment gone is no artifact of the run")


def test_a_pending_message_of_lost_attachments_gives_way_to_the_task(house):
    plane = house.plane()
    server = start(house, plane, {"pending_user_artifact_ids": ["gone"]})
    assert prompt(server) == [{"type": "text", "text": "Say hello."}]


def test_a_first_attachment_that_cannot_be_had_fails_the_run(house):
    plane = house.plane()
    lost = artifact(plane)
    del plane.stored[lost["storage_path"]]
    start(house, plane, {"pending_user_artifact_ids": ["a1"]}, [lost])
    plane.wait_for(lambda p: "failed" in p.statuses)
    assert plane.patches[-1]["error_message"] == \
        "Failed to download artifact sketch.png"


def test_a_message_brings_its_attachments(house):
    server = quiet(house)
    answer = send(server, content="Look.", artifacts=[artifact(server.plane)])
    assert answer["result"]["stopReason"] == "end_turn"
    text, link = prompt(server)
    assert text == {"type": "text", "text": "Look."}
    assert path_of(link) == place(server, "a1", "sketch.png")
    with open(path_of(link), "rb") as file:
        assert file.read() == PICTURE


def test_a_message_may_be_attachments_only(house):
    server = quiet(house)
    answer = send(server, artifacts=[artifact(server.plane)])
    assert answer["result"]["stopReason"] == "end_turn"
    assert [b["type"] for b in prompt(server)] == ["resource_link"]


def test_a_large_attachment_arrives_whole(house):
    server = quiet(house)
    content = os.urandom(1 << 20) * 24
    send(server, artifacts=[artifact(server.plane, content=content)])
    with open(path_of(prompt(server)[0]), "rb") as file:
        assert file.read() == content


def test_an_attachment_that_cannot_be_had_fails_the_message(house):
    server = quiet(house)
    server.plane.always["POST artifacts/download"] = Answer(404, {"detail": "No."})
    answer = send(server, content="Look.", artifacts=[artifact(server.plane)])
    assert answer["error"] == {
        "code": -32000, "message": "Failed to download artifact sketch.png"}
    assert server.agent.received("session/prompt") == []
    assert not os.path.exists(place(server, "a1", "sketch.png"))
    assert "failed" not in server.plane.statuses


def test_a_message_goes_on_after_one_that_failed(house):
    server = quiet(house)
    server.plane.next["POST artifacts/download"].append(Answer(404, {"detail": "No."}))
    send(server, artifacts=[artifact(server.plane)])
    assert "result" in send(server, content="Then without.")


def test_an_artifact_without_a_place_is_left_out(house):
    server = quiet(house)
    lost = artifact(server.plane, storage_path=None)
    send(server, content="Look.", artifacts=[lost])
    assert prompt(server) == [{"type": "text", "text": "Look."}]
    server.wait_log("has no storage_path")


def test_a_message_of_which_nothing_is_left_is_empty(house):
    server = quiet(house)
    answer = send(server, content="  ", artifacts=[{"id": "a", "name": "x"}])
    assert answer["error"] == {"code": -32000,
                               "message": "User message cannot be empty"}


@pytest.mark.parametrize("id, directory", [
    ("../../../escaped", ".._.._.._escaped"), ("..", "sketch.png"),
    ("/etc", "_etc"), ("", "sketch.png")])
def test_an_id_cannot_lead_out_of_the_directory(house, id, directory):
    """Known weakness 40: it was joined into the path as it came."""
    server = quiet(house)
    send(server, artifacts=[artifact(server.plane, id=id)])
    path = path_of(prompt(server)[0])
    assert path == place(server, directory, "sketch.png")
    assert os.path.isfile(path)


def test_a_name_cannot_lead_out_of_the_directory(house):
    server = quiet(house)
    send(server, artifacts=[artifact(server.plane, "../../my notes.txt")])
    assert path_of(prompt(server)[0]) == place(server, "a1", "my_notes.txt")


def test_nobody_else_may_read_an_attachment(house):
    server = quiet(house)
    send(server, artifacts=[artifact(server.plane)])
    assert os.stat(path_of(prompt(server)[0])).st_mode & 0o077 == 0


def test_the_claude_cli_is_told_of_attachments(house):
    plane = house.plane()
    plane.run["artifacts"] = [artifact(plane)]
    plane.run["state"].update(pending_user_message="Look.",
                              pending_user_artifact_ids=["a1"])
    server = house.start_claude(plane=plane)
    server.wait_ready()
    server.agent.wait(lambda c: c.frames("user"))
    plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    sent = server.agent.frames("user")
    assert len(sent) == 1
    assert place(server, "a1", "sketch.png") in str(sent[0])
