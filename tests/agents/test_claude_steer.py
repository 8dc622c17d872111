"""Messages into a running turn, with real CLIs."""
import json
import time

from claude_session import Session
from messages_gateway import text, tool


def steer(session, words):
    return session.command("user_message", content=words, steer=True)


TAKEN = {"stopReason": "steered", "steered": True}


def test_the_model_gets_the_message_with_its_tools_result(house, claude):
    session = Session(house, claude, [
        tool("Bash", command="sleep 2", description="Wait")],
        [text("I heard you.")])
    turn = session.begin("Wait a little.")
    session.stream.wait_for(lambda s: session.tool_calls("Bash"), 30)
    session.gateway.wait_for_call()
    assert steer(session, "Look here as well.") == TAKEN
    assert turn.end()["result"] == {"stopReason": "end_turn",
                                    "assistant_message": "I heard you."}
    calls = session.gateway.calls
    assert len(calls) == 2
    assert "Look here as well." in json.dumps(calls[1].messages)
    assert session.prompt("More.")["stopReason"] == "end_turn"
    assert session.gateway.count("POST messages") == 3


def test_a_message_that_comes_too_late_is_answered_in_the_same_turn(
        house, claude):
    session = Session(house, claude, [text("word " * 40, pause=0.05)],
                      [text("And that too.")])
    turn = session.begin("Speak.")
    session.stream.wait_for(lambda s: s.updates("agent_message_chunk"), 30)
    assert steer(session, "And that?") == TAKEN
    answer = turn.end()["result"]
    assert answer["stopReason"] == "end_turn"
    assert answer["assistant_message"].endswith("\n\nAnd that too.")
    assert session.gateway.calls[1].says("And that?", "user")
    assert session.prompt("More.")["assistant_message"] == "Done."
    assert session.gateway.count("POST messages") == 3


def test_a_cancelled_turn_takes_the_message_along(house, claude):
    session = Session(house, claude, [text("word " * 200, pause=0.05)])
    turn = session.begin("Speak.")
    session.stream.wait_for(lambda s: s.updates("agent_message_chunk"), 30)
    assert steer(session, "And that?") == TAKEN
    session.command("cancel")
    assert turn.end()["result"]["stopReason"] == "cancelled"
    time.sleep(3)
    assert session.gateway.count("POST messages") == 1
    assert session.prompt("More.")["stopReason"] == "end_turn"
