"""Messages that are delivered more than once, and at once."""
import threading

import pytest
from servers import PINNED

DUPLICATE = {"stopReason": "duplicate_delivery", "duplicate": True}


def say(server, text, **params):
    return server.command("user_message", {"content": text, **params})


def prompts(server):
    return [p["params"]["prompt"][0]["text"]
            for p in server.agent.received("session/prompt")]


def test_a_second_delivery_is_not_prompted(ready):
    """Known weakness 18: a message could be answered twice."""
    assert say(ready, "go", messageId="m1")["result"]["stopReason"] == \
        "end_turn"
    assert say(ready, "go", messageId="m1")["result"] == DUPLICATE
    assert say(ready, "go", messageId="m2")["result"]["stopReason"] == \
        "end_turn"
    assert prompts(ready).count("go") == 2


def test_a_second_delivery_while_the_first_runs(house):
    server = house.start(env=PINNED, script={"turn": [{"sleep": 1}]})
    server.wait_ready()
    answers = []
    first = threading.Thread(target=lambda: answers.append(
        say(server, "go", messageId="m1")))
    first.start()
    server.agent.wait_for("session/prompt", 2)
    assert say(server, "go", messageId="m1")["result"] == DUPLICATE
    first.join(10)
    assert answers[0]["result"]["stopReason"] == "end_turn"
    assert prompts(server).count("go") == 1


def test_a_message_whose_turn_failed_may_come_again(house):
    server = house.start(env=PINNED, script={"error": {"session/prompt": {
        "code": -32603, "message": "out of tokens"}}})
    server.wait_ready()
    for _ in range(2):
        assert "out of tokens" in \
            say(server, "go", messageId="m1")["error"]["message"]
    assert prompts(server).count("go") == 2


@pytest.mark.parametrize("params, field", [
    ({"messageId": ""}, "messageId"), ({"messageId": 5}, "messageId"),
    ({"messageId": None}, "messageId"), ({"messageId": "m" * 600}, "messageId"),
    ({"steer": "yes"}, "steer"), ({"steer": 1}, "steer"),
    ({"content": 5}, "content"), ({"artifacts": "x"}, "artifacts")])
def test_a_bad_param_is_named(ready, params, field):
    answer = ready.command("user_message", {"content": "go", **params})
    assert answer["error"]["code"] == -32602
    assert answer["error"]["message"].startswith(field + ":")


def test_messages_at_once_keep_their_texts_apart(house):
    """Known weakness 19: they reset each other's."""
    cli = house.claude(turns=[[{"text": str(n)}, {"sleep": 0.1}]
                              for n in range(6)])
    server = house.start_claude(cli)
    server.wait_ready()
    answers = []
    callers = [threading.Thread(
        target=lambda: answers.append(say(server, "go"))) for _ in range(5)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(20)
    texts = sorted(a["result"]["assistant_message"] for a in answers)
    assert texts == ["1", "2", "3", "4", "5"]


def test_a_follow_up_that_fails_is_told_in_the_clis_words(house):
    """Known weakness 16: it ended in silence, or as `Internal error`."""
    server = house.start_claude(house.claude(
        turns=[[{"text": "one"}]], result={
            "is_error": True, "result": "API Error: 529 overloaded"}))
    server.wait_ready()
    stream = server.events()
    answer = say(server, "go")
    assert answer["error"]["code"] == -32000
    assert "529 overloaded" in answer["error"]["message"]
    stream.wait_for_method("_posthog/turn_complete", 2)
    reasons = [n["params"]["stopReason"] for n in stream.notifications
               if n.get("method") == "_posthog/turn_complete"]
    assert reasons == ["error", "error"]
    raw = [n["error"]["message"] for n in stream.notifications
           if "error" in n]
    assert len(raw) == 2 and all("529 overloaded" in text for text in raw)
    assert not {"_posthog/error", "_posthog/task_complete"} & set(
        stream.methods())
    stream.close()
