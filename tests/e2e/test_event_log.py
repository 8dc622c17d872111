"""What the event stream keeps: ids, what a client missed, what is gone."""
import os
import pathlib
import signal
import socket
import threading
import time

import pytest
from servers import PINNED

MEGABYTE = 1_000_000


def connected(stream):
    stream.wait_for(lambda s: any(e["type"] == "connected" for e in s.events))
    return stream


def wait_turns(stream, number):
    stream.wait_for_method("_posthog/turn_complete", number, timeout=30)
    return stream


def with_ids(server, after=None, number=None):
    stream = connected(server.events(
        query="?ids=1" if after is None else f"?after={after}"))
    return stream if number is None else wait_turns(stream, number)


def named(stream):
    """The events that have ids."""
    return [(name, data) for name, data in stream.numbered if name]


def settled(stream, seconds=0.3):
    """The named events, once no more come."""
    before = None
    while before != (now := len(stream.bytes)):
        before = now
        time.sleep(seconds)
    return named(stream)


def kill(server):
    os.kill(server.pid, signal.SIGKILL)
    server.process.wait(5)


def successor(house, server, **options):
    """The next server of the same run on the same state directory."""
    options.setdefault("env", PINNED)
    options["env"] = {**options["env"],
                      "POSTHOG_AGENT_STATE_DIR": str(server.state)}
    following = house.start(plane=server.plane, **options)
    following.state = server.state
    following.wait_ready()
    return following


def segments(server):
    return sorted(pathlib.Path(server.state).glob("events/*/*.sse"))


def test_ids_are_there_for_those_who_ask(ready):
    plain = connected(ready.events())
    asked = connected(ready.events(query="?ids=1"))
    named_one = connected(ready.events(headers={"Last-Event-ID": ""}))
    ready.command("user_message", {"content": "hi"})
    tails = []
    for stream in (plain, asked, named_one):
        stream.wait_for_method("_posthog/turn_complete",
                               2 if stream is plain else 1)
        tail = stream.bytes[stream.bytes.index(b'"connected"'):]
        tails.append(tail.split(b"\n\n", 1)[1])
    assert b"id: " not in plain.bytes and b'"gap"' not in plain.bytes
    assert tails[1] == tails[2]
    assert b"".join(line for line in tails[1].splitlines(True)
                    if not line.startswith(b"id: ")) == tails[0]
    numbers = [name.split(".") for name, _ in named(asked)]
    assert len({epoch for epoch, _ in numbers}) == 1
    counted = [int(number) for _, number in numbers]
    assert counted == list(range(counted[0], counted[0] + len(counted)))
    greeting = [name for name, data in asked.numbered
                if b'"connected"' in data]
    assert greeting == [None]
    for stream in (plain, asked, named_one):
        stream.close()


@pytest.mark.parametrize("way", ["header", "query"])
def test_a_client_that_comes_back_gets_exactly_what_it_missed(ready, way):
    """Known weakness 5: there were no ids, and no replay."""
    witness = with_ids(ready, after="0")
    first = with_ids(ready)
    ready.command("user_message", {"content": "heard"})
    last = settled(wait_turns(first, 1))[-1][0]
    first.close()
    ready.command("user_message", {"content": "missed"})
    if way == "header":
        back = ready.events(query="?after=1.1",
                            headers={"Last-Event-ID": last})
    else:
        back = ready.events(query=f"?after={last}")
    connected(back)
    everything = settled(witness)
    begin = [name for name, _ in everything].index(last) + 1
    assert settled(back) == everything[begin:]
    assert len(everything[begin:]) > 3
    for stream in (witness, back):
        stream.close()


def test_what_a_killed_server_sent_is_resumed_at_the_next_one(house):
    first = house.start(env=PINNED)
    first.wait_ready()
    witness = with_ids(first, after="0", number=1)
    events = settled(witness)
    middle = len(events) // 2
    kill(first)
    witness.close()

    second = successor(house, first)
    back = with_ids(second, after=events[middle][0])
    wait_turns(back, 2)
    resumed = settled(back)
    missed = events[middle + 1:]
    assert resumed[:len(missed)] == missed
    following = resumed[len(missed):]
    epochs = {name.split(".")[0] for name, _ in following}
    assert len(epochs) == 1
    assert epochs != {events[0][0].split(".")[0]}
    assert int(following[0][0].split(".")[1]) \
        == int(events[-1][0].split(".")[1]) + 1
    assert b'"gap"' not in back.bytes
    back.close()


def test_what_nobody_had_received_is_delivered_by_the_next_server(house):
    first = house.start(env=PINNED)
    first.wait_ready()
    first.plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    time.sleep(0.1)
    kill(first)
    second = successor(house, first)
    stream = wait_turns(connected(second.events()), 2)
    assert stream.methods().count("initialize") == 2
    assert b"id: " not in stream.bytes
    stream.close()


def test_what_was_received_is_not_delivered_again_by_the_next_server(house):
    first = house.start(env=PINNED)
    first.wait_ready()
    stream = wait_turns(connected(first.events()), 1)
    time.sleep(0.5)  # a moment passes until it is noted
    stream.close()
    kill(first)
    second = successor(house, first)
    stream = wait_turns(connected(second.events()), 1)
    assert stream.methods().count("initialize") == 1
    stream.close()


def test_a_half_written_event_never_was(house):
    first = house.start(env=PINNED)
    first.wait_ready()
    events = settled(with_ids(first, after="0", number=1))
    kill(first)
    file = segments(first)[-1]
    os.truncate(file, file.stat().st_size - 3)
    second = successor(house, first)
    back = with_ids(second, after="0")
    assert settled(back)[:len(events) - 1] == events[:-1]
    back.close()


def test_what_is_gone_is_named_by_a_gap(house):
    first = house.start(env=PINNED)
    first.wait_ready()
    events = settled(with_ids(first, after="0", number=1))
    assert first.terminate() == 0
    second = successor(house, first)
    settled(with_ids(second, after="0", number=2))
    assert second.terminate() == 0
    segments(first)[0].unlink()

    third = successor(house, first)
    back = with_ids(third, after="0")
    assert back.events[0] == {"type": "gap", "reason": "evicted", "from": 1,
                              "to": int(events[-1][0].split(".")[1])}
    unknown = with_ids(third, after=events[0][0])
    assert unknown.events[0] == {"type": "gap", "reason": "unknown_id"}
    plain = connected(third.events())
    assert b'"gap"' not in plain.bytes
    for stream in (back, unknown, plain):
        stream.close()


def test_only_the_wanted_types_come(ready):
    stream = connected(ready.events(
        query="?types=agent_message_chunk,_posthog%2Fturn_complete"))
    ready.command("user_message", {"content": "hi"})
    wait_turns(stream, 2)
    kinds = {n["method"] for n in stream.notifications}
    assert kinds == {"session/update", "_posthog/turn_complete"}
    assert {n["params"]["update"]["sessionUpdate"]
            for n in stream.notifications
            if n["method"] == "session/update"} == {"agent_message_chunk"}
    stream.close()


def resident(server):
    status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


class RawStream:
    """A client that reads when it is told to, and looks at nothing."""

    def __init__(self, server, buffer):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.connect(("127.0.0.1", server.port))
        self.socket.sendall(
            b"GET /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            + server.token().encode() + b"\r\n\r\n")

    def read(self, until, timeout=60):
        self.socket.settimeout(timeout)
        received = bytearray()
        while until not in received[-4096:]:
            piece = self.socket.recv(1 << 20)
            assert piece, "it ended"
            received += piece
        return bytes(received)


def test_a_stuck_client_costs_little_and_gets_everything_in_the_end(house):
    # Of a kind that is in no log, so that nothing else keeps them.
    chunks = [{"update": {
        "sessionUpdate": "agent_message_chunk",
        "content": {"type": "image", "mimeType": "image/png",
                    "data": f"<{i}>" + "x" * MEGABYTE}}} for i in range(80)]
    server = house.start(env=PINNED, script={"turn": chunks})
    server.wait_listening()
    eager = RawStream(server, MEGABYTE)
    lazy = RawStream(server, 4096)
    for stream in (eager, lazy):
        received = stream.read(b"_posthog/turn_complete")
        places = [received.find(b"<%d>" % i) for i in range(80)]
        assert -1 not in places and places == sorted(places)
        assert resident(server) < 60 * MEGABYTE
        stream.socket.close()


def test_a_stream_of_many_clients_is_the_same_for_all(house):
    """Also while some of them come and go."""
    server = house.start(env=PINNED, script={
        "turn": [{"chunk": str(i)} for i in range(2000)]})
    server.wait_listening()
    streams = [connected(server.events(query="?after=0")) for _ in range(5)]
    done = threading.Event()

    def come_and_go():
        while not done.is_set():
            connected(server.events(query="?ids=1")).close()
    visitor = threading.Thread(target=come_and_go)
    visitor.start()
    try:
        for stream in streams:
            wait_turns(stream, 1)
    finally:
        done.set()
        visitor.join()
    assert len({tuple(settled(s)) for s in streams}) == 1
    for stream in streams:
        stream.close()
