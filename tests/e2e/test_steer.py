"""Messages into a turn that runs."""
import json
import threading

from processes import wait_until
from servers import PINNED


def turns_of(server):
    return server.plane.entries_of("_posthog/turn_complete")


def wait_turns(server, number):
    server.plane.wait_for(lambda p: turns_of(server)[number - 1:])
    return turns_of(server)


def steer(server, text, **params):
    return server.command("user_message", {
        "content": text, "steer": True, **params})["result"]


def texts_of(frame):
    return [b.get("text") for b in frame["message"]["content"]]


def test_a_running_turn_takes_a_message(house):
    server = house.start_claude(house.claude(turns=[
        [{"text": "one"}, {"take_message": 1}, {"text": "two"}]]))
    server.wait_ready()
    stream = server.events()
    stream.wait_for(lambda s: s.updates("agent_message_chunk"))
    assert steer(server, "and this") == {"stopReason": "steered",
                                         "steered": True}
    complete = wait_turns(server, 1)
    assert [t["params"]["stopReason"] for t in complete] == ["end_turn"]
    assert texts_of(server.agent.frames("user")[1]) == ["and this"]
    said = [u["content"]["text"] for u in stream.updates("user_message_chunk")]
    assert said == ["Say hello.", "and this"]
    stream.close()


def test_a_message_that_the_model_did_not_get_in_time_goes_on_with_the_turn(
        house):
    server = house.start_claude(house.claude(turns=[
        [{"text": "first"}], [{"text": "one"}, {"sleep": 1}],
        [{"text": "two"}], [{"text": "three"}]]))
    server.wait_ready()
    wait_turns(server, 1)
    answers = []
    caller = threading.Thread(target=lambda: answers.append(
        server.command("user_message", {"content": "go"})))
    caller.start()
    wait_until(lambda: len(server.agent.frames("user")) == 2, 5, "the prompt")
    assert steer(server, "and this")["steered"] is True
    caller.join(10)
    assert answers[0]["result"] == {"stopReason": "end_turn",
                                    "assistant_message": "one\n\ntwo"}
    again = server.command("user_message", {"content": "more"})
    assert again["result"]["assistant_message"] == "three"
    assert len(wait_turns(server, 3)) == 3


def test_a_cancelled_turn_takes_its_messages_along(house):
    server = house.start_claude(house.claude(turns=[
        [{"text": "one"}, {"sleep": 30}], [{"text": "two"}]]))
    server.wait_ready()
    server.agent.wait(lambda c: c.frames("user"))
    server.plane.wait_for(lambda p: p.entries_of("session/prompt"))
    assert steer(server, "never mind")["steered"] is True
    server.command("cancel")
    assert wait_turns(server, 1)[0]["params"]["stopReason"] == "cancelled"
    uuid = server.agent.frames("user")[1]["uuid"]
    taken_back = server.agent.wait(
        lambda c: c.requests("cancel_async_message"))
    assert taken_back == [{"subtype": "cancel_async_message",
                           "message_uuid": uuid}]


def test_no_turn_takes_no_message(house):
    server = house.start_claude()
    server.wait_ready()
    wait_turns(server, 1)
    answer = steer(server, "hello?", messageId="m")
    assert answer == {"stopReason": "steer_declined", "steered": False,
                      "reason": "no turn is running"}
    # It was not delivered, so its id is free.
    assert server.command("user_message", {
        "content": "hello?", "messageId": "m"})["result"]["stopReason"] == \
        "end_turn"


def test_an_acp_agent_declines(house):
    server = house.start(env=PINNED, script={"turn": [
        {"chunk": "x"}, {"wait_cancel": True}]})
    server.wait_ready()
    server.agent.wait_for("session/prompt")
    answer = steer(server, "and this")
    assert answer["stopReason"] == "steer_declined"
    assert answer["steered"] is False and answer["reason"]
    assert len(server.agent.received("session/prompt")) == 1
    server.command("cancel")


def test_a_steered_message_is_in_the_log(house):
    server = house.start_claude(house.claude(turns=[
        [{"text": "one"}, {"take_message": 1}]]))
    server.wait_ready()
    server.plane.wait_for(lambda p: p.entries_of("session/prompt"))
    steer(server, "and this")
    wait_turns(server, 1)
    assert "and this" in json.dumps(
        server.plane.entries_of("session/update"))
