"""What the agent says is posted where the run was asked for."""
import time

import pytest
from servers import PINNED
from fakes.http_fake import Answer


def relayed(server):
    return [r.json["text"] for r in server.plane.of("POST relay_message")]


def wait_turns(server, number=1):
    server.plane.wait_for(lambda p: p.entries_of(
        "_posthog/turn_complete")[number - 1:])


TOOL = {"update": {"sessionUpdate": "tool_call", "toolCallId": "t",
                   "title": "look", "kind": "read", "status": "pending"}}


@pytest.mark.parametrize("driver", ["acp", "claude"])
def test_the_texts_of_every_turn_are_posted(house, driver):
    if driver == "acp":
        server = house.start(env=PINNED, script={"turn": [
            {"chunk": "One "}, {"chunk": "piece."}, TOOL,
            {"chunk": "Another."}]})
    else:
        server = house.start_claude(house.claude(turns=[
            [{"text": "One piece."}, {"text": "Another."}]]))
    server.wait_ready()
    server.plane.wait_for_kind("POST relay_message")
    server.command("user_message", {"content": "go"})
    server.plane.wait_for_kind("POST relay_message", 2)
    assert relayed(server) == ["One piece.\n\nAnother."] * 2


def test_a_turn_without_text_posts_nothing(house):
    server = house.start(env=PINNED, script={"turn": []})
    server.wait_ready()
    wait_turns(server)
    time.sleep(0.2)
    assert relayed(server) == []


def test_a_cancelled_turn_posts_nothing(house):
    server = house.start(env=PINNED, script={"turn": [
        {"chunk": "half"}, {"wait_cancel": True}]})
    server.wait_ready()
    server.agent.wait_for("session/prompt")
    server.command("cancel")
    wait_turns(server)
    time.sleep(0.2)
    assert relayed(server) == []


def test_a_long_text_is_cut(house):
    """Known weakness 36: the backend refuses more than 10,000 characters."""
    server = house.start(env=PINNED, script={"turn": [
        {"chunk": "\u00e9" * 10_100}]})
    server.wait_ready()
    server.plane.wait_for_kind("POST relay_message")
    assert relayed(server) == ["\u00e9" * 10_000]


def test_a_refused_text_fails_nothing(house):
    plane = house.plane()
    plane.always["POST relay_message"] = Answer(400, {"detail": "No thread."})
    server = house.start(plane=plane, env=PINNED)
    server.wait_ready()
    server.plane.wait_for_kind("POST relay_message")
    answer = server.command("user_message", {"content": "go"})
    assert answer["result"]["stopReason"] == "end_turn"
    assert "failed" not in plane.statuses
    server.wait_log("No thread.")


QUESTION = {"request": {"method": "session/request_permission", "params": {
    "toolCall": {"toolCallId": "t", "title": "Which?", "kind": "other",
                 "_meta": {"codeToolKind": "question", "questions": [
                     {"question": "Which?", "options": [
                         {"label": "Red", "description": "warm"}]}]}},
    "options": [{"optionId": "option_0", "name": "Red",
                 "kind": "allow_once"}]}}}


def test_the_turn_of_a_posted_question_is_not_posted_behind_it(house):
    server = house.start(
        env={**PINNED, "POSTHOG_CODE_INTERACTION_ORIGIN": "slack"},
        script={"turn": [QUESTION, {"chunk": "I asked."}]})
    server.wait_ready()
    wait_turns(server)
    time.sleep(0.2)
    assert len(relayed(server)) == 1
    assert relayed(server)[0].startswith("*Which?*")
