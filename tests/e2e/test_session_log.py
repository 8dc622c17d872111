"""The log at the control plane: complete, once, and without secrets."""
import collections
import json
import signal
import time

from servers import PINNED
from fakes.http_fake import Answer, Hang

APPEND = "POST append_log"
DOWN = Answer(503, {"detail": "Down."})


def wait_turns(server, number=1, timeout=10):
    server.plane.wait_for(lambda p: p.entries_of(
        "_posthog/turn_complete")[number - 1:], timeout)


def spools(server):
    return list(server.state.glob("session-log-*"))


def kill(server):
    server.process.send_signal(signal.SIGKILL)
    server.wait_exit()


def start_again(house, server, **options):
    """Another server for the same run, with the same state directory."""
    return house.start(plane=server.plane, env={
        **PINNED, "POSTHOG_AGENT_STATE_DIR": str(server.state)}, **options)


def key(entry):
    return json.dumps(entry, sort_keys=True)


def accept(plane):
    """From now on the control plane takes entries, and only what it takes is
    counted."""
    plane.requests.clear()
    del plane.always[APPEND]


def logged(stream):
    """The events of a stream as the log has them."""
    return [key(e) for e in stream.events if e["type"] == "notification"
            and e["notification"].get("params", {}).get("update", {}).get(
                "sessionUpdate") != "agent_message_chunk"]


def wait_stream(server, turns):
    stream = server.events()
    stream.wait_for_method("_posthog/turn_complete", turns)
    return stream


def test_what_a_killed_server_had_not_delivered_is_delivered_once(house):
    plane = house.plane()
    plane.always[APPEND] = DOWN
    server = house.start(plane=plane, env=PINNED)
    server.wait_ready()
    stream = wait_stream(server, 1)
    server.command("user_message", {"content": "more"})
    stream.wait_for_method("_posthog/turn_complete", 2)
    expected = logged(stream)
    time.sleep(0.3)
    kill(server)
    accept(plane)
    start_again(house, server, script={"turn": []}).wait_ready()
    wait_turns(server, 3)
    got = collections.Counter(key(e) for e in plane.entries)
    assert [e for e in expected if got[e] != 1] == []
    texts = [e["notification"]["params"]["update"]["content"]["text"]
             for e in plane.entries
             if e["notification"].get("params", {}).get("update", {}).get(
                 "sessionUpdate") == "agent_message"]
    assert texts == ["Hello.", "Hello."]
    assert not any("redelivered" in e for e in plane.entries)


def test_the_beginning_of_a_message_outlives_the_server(house):
    server = house.start(env=PINNED, script={"turn": [
        {"chunk": "I was about "}, {"chunk": "to"}, {"wait_cancel": True}]})
    server.wait_ready()
    stream = server.events()
    stream.wait_for(lambda s: len(s.updates("agent_message_chunk")) == 2)
    time.sleep(0.2)
    kill(server)
    start_again(house, server, script={"turn": []}).wait_ready()
    wait_turns(server)
    assert "I was about to" in json.dumps(server.plane.entries)


def test_a_batch_comes_again_only_when_its_answer_was_lost_and_says_so(house):
    plane = house.plane()
    plane.next[APPEND].append(Hang())
    server = house.start(plane=plane, env=PINNED)
    server.wait_ready()
    first = plane.wait_for_kind(APPEND)
    time.sleep(1)
    kill(server)
    start_again(house, server).wait_ready()
    wait_turns(server, 2)
    sent = [key(e) for e in first.json["entries"]]
    again = [key({k: v for k, v in e.items() if k != "redelivered"})
             for e in plane.entries if "redelivered" in e]
    assert again == sent
    rest = [key(e) for e in plane.entries if "redelivered" not in e]
    assert len(rest) == len(set(rest))


def test_what_was_delivered_does_not_come_again(house):
    server = house.start(env=PINNED)
    server.wait_ready()
    wait_turns(server)
    time.sleep(0.7)
    delivered = [key(e) for e in server.plane.entries]
    kill(server)
    start_again(house, server).wait_ready()
    wait_turns(server, 2)
    got = collections.Counter(key(e) for e in server.plane.entries)
    assert [e for e in delivered if got[e] != 1] == []


def test_a_control_plane_that_is_down_for_long_gets_all_in_the_end(house):
    plane = house.plane()
    plane.always[APPEND] = DOWN
    server = house.start(plane=plane, env=PINNED)
    server.wait_ready()
    stream = wait_stream(server, 1)
    for number in range(5):
        server.command("user_message", {"content": f"message {number}"})
    stream.wait_for_method("_posthog/turn_complete", 6)
    plane.wait_for_kind(APPEND, 3)
    expected = logged(stream)
    accept(plane)
    wait_turns(server, 6, timeout=20)
    got = [key(e) for e in plane.entries]
    assert [e for e in got if e in set(expected)] == expected


def test_only_the_entry_that_is_too_large_is_lost(house):
    plane = house.plane()
    usual = plane.usual

    def answer(request):
        if request.kind == APPEND and b"elephant" in request.body:
            return Answer(413, {"detail": "Too large."})
        return usual(request)

    plane.usual = answer
    server = house.start(plane=plane, env=PINNED, script={"turn": [
        {"update": {"sessionUpdate": "plan", "entries": []}},
        {"chunk": "An elephant."},
        {"update": {"sessionUpdate": "plan", "entries": [{"n": 1}]}}]})
    server.wait_ready()
    stream = wait_stream(server, 1)
    expected = logged(stream)

    def taken():
        return [key(e) for r in plane.of(APPEND) if b"elephant" not in r.body
                for e in r.json["entries"]]

    plane.wait_for(lambda p: set(expected) <= set(taken()), 20)
    assert sorted(e for e in taken() if e in expected) == sorted(expected)
    server.wait_log("refuses a log entry")


SECRET = "ghp_e2e_secret_of_the_sandbox"


def test_nothing_secret_is_in_the_log_or_its_spool(house):
    """Known weakness 32."""
    plane = house.plane()
    plane.always[APPEND] = DOWN
    servers = [{"type": "http", "name": "t", "url": "https://t.invalid",
                "headers": [{"name": "X-Key", "value": "header-secret-1"}]}]
    server = house.start(
        plane=plane, env={**PINNED, "GITHUB_TOKEN": SECRET},
        args={"--mcpServers": json.dumps(servers)}, script={"turn": [
            {"chunk": "it is " + SECRET[:9]}, {"chunk": SECRET[9:] + "!"},
            {"update": {"sessionUpdate": "tool_call_update",
                        "toolCallId": "t", "rawOutput":
                        f"{SECRET} header-secret-1"}}]})
    server.wait_ready()
    wait_stream(server, 1)
    plane.wait_for_kind(APPEND)
    (spool,) = spools(server)
    assert spool.stat().st_mode & 0o077 == 0
    for secret in (SECRET, "header-secret-1"):
        assert secret not in spool.read_text()
    accept(plane)
    wait_turns(server, timeout=20)
    log = json.dumps(plane.entries)
    assert "it is [redacted]!" in log and "[redacted] [redacted]" in log
    for secret in (SECRET, "header-secret-1"):
        assert secret not in log


def test_what_the_agent_says_as_it_is_ended_is_logged(house):
    """Known weakness 31: the log was flushed before the agent was ended."""
    server = house.start(env=PINNED, script={"turn": [
        {"chunk": "last words"}, {"wait_cancel": True}]})
    server.wait_ready()
    stream = server.events()
    stream.wait_for(lambda s: s.updates("agent_message_chunk"))
    server.terminate()
    assert "last words" in json.dumps(server.plane.entries)
    # Nothing is left to deliver.
    (spool,) = spools(server)
    assert len(spool.read_bytes().splitlines()) == 1
