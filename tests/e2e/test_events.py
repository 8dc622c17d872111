"""GET /events: the stream's bytes, its clients, and who may open it."""
import json
import re
import socket
import time

import jwt
import pytest
from servers import PINNED, Keys, new_id

STAMP = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
NOTIFICATION = re.compile(
    rb'data: \{"type":"notification","timestamp":"' + STAMP
    + rb'","notification":\{.*\}\}')


def wait_connected(stream):
    stream.wait_for(lambda s: any(e["type"] == "connected" for e in s.events))
    return stream


def wait_turn(stream):
    """Waits for the end of a turn after the greeting, and returns the
    stream's notifications up to then."""
    def ended(s):
        types = [e["type"] for e in s.events]
        return "_posthog/turn_complete" in [
            e["notification"].get("method")
            for e in s.events[types.index("connected"):]
            if e["type"] == "notification"]
    stream.wait_for(ended)
    return stream.notifications


def test_the_head_of_the_stream(ready):
    stream = ready.events()
    assert stream.status == 200
    assert stream.headers["content-type"] == "text/event-stream"
    assert stream.headers["cache-control"] == "no-cache"
    assert stream.headers["transfer-encoding"] == "chunked"
    stream.close()


def test_the_bytes_of_the_frames(ready):
    stream = wait_connected(ready.events())
    ready.command("user_message", {"content": "Grüß dich"})
    wait_turn(stream)
    frames = stream.frames
    connected = ('data: {"type":"connected","run_id":"%s"}'
                 % ready.run_id).encode()
    assert frames.count(connected) == 1
    for frame in frames:
        if frame != connected:
            assert NOTIFICATION.fullmatch(frame), frame
            # One line of compact JSON.
            text = frame[len(b"data: "):]
            assert text.decode() == json.dumps(
                json.loads(text), separators=(",", ":"), ensure_ascii=False)
    stream.close()


def test_a_turn_as_it_is_streamed(ready):
    stream = wait_connected(ready.events())
    ready.command("user_message", {"content": "hi"})
    seen = wait_turn(stream)
    begin = max(i for i, n in enumerate(seen)
                if n.get("method") == "session/prompt")
    seen = seen[begin:]
    prompt = seen[0]
    assert prompt["params"]["prompt"] == [{"type": "text", "text": "hi"}]
    response = [n for n in seen if n.get("id") == prompt["id"]
                and "result" in n][0]
    assert response["result"]["stopReason"] == "end_turn"
    assert list(response)[:2] == ["jsonrpc", "id"]
    complete = [n for n in seen
                if n.get("method") == "_posthog/turn_complete"][0]
    assert complete["params"]["stopReason"] == "end_turn"
    assert complete["params"]["sessionId"] == prompt["params"]["sessionId"]
    order = [seen.index(n) for n in (prompt, response, complete)]
    assert order == sorted(order)
    assert stream.updates("agent_message_chunk")
    stream.close()


def test_frames_from_before_the_session_reach_the_first_client(house):
    """Known weakness 4: what came before the session was dropped."""
    server = house.start(env=PINNED, script={"delay": {"session/new": 1.0}})
    server.agent.wait_for("session/new")
    stream = wait_connected(server.events())
    stream.wait_for_method("_posthog/run_started")
    methods = stream.methods()
    assert "initialize" in methods
    assert methods.count("session/new") == 1
    assert "_posthog/sdk_session" in methods
    started = stream.wait_for_method("_posthog/run_started")["params"]
    assert started["runId"] == server.run_id
    assert started["taskId"] == server.task_id
    assert started["sessionId"] and started["agentVersion"]
    stream.close()


def test_a_client_from_before_the_session_is_served_at_once(house):
    """Known weakness 3: it had to wait for the whole first turn."""
    server = house.start(env=PINNED, script={
        "delay": {"initialize": 0.7},
        "turn": [{"chunk": "one"}, {"wait_cancel": True}]})
    server.wait_listening()
    stream = wait_connected(server.events())
    stream.wait_for(lambda s: s.updates("agent_message_chunk"))
    assert "_posthog/turn_complete" not in stream.methods()
    server.command("cancel")
    stream.wait_for_method("_posthog/turn_complete")
    stream.close()


def test_several_clients_get_every_frame(ready):
    """Known weakness 2: a newcomer stole the stream."""
    streams = [wait_connected(ready.events()) for _ in range(3)]
    ready.command("user_message", {"content": "to all"})
    for stream in streams:
        wait_turn(stream)
    tails = [s.bytes[s.bytes.rindex(b'"connected"'):] for s in streams]
    assert len(set(tails)) == 1
    for stream in streams:
        stream.close()


def test_a_client_that_leaves_does_not_take_the_others_stream(ready):
    """Known weakness 1."""
    old, new = (wait_connected(ready.events()) for _ in range(2))
    old.close()
    time.sleep(0.1)
    ready.command("user_message", {"content": "still there?"})
    wait_turn(new)
    new.close()


def test_what_was_delivered_is_not_delivered_again(ready):
    first = wait_connected(ready.events())
    first.close()
    second = wait_connected(ready.events())
    assert [e["type"] for e in second.events] == ["connected"]
    second.close()


def test_what_happens_while_nobody_listens_is_kept(ready):
    first = wait_connected(ready.events())
    first.close()
    time.sleep(0.2)
    ready.command("user_message", {"content": "unheard"})
    second = wait_connected(ready.events())
    types = [e["type"] for e in second.events]
    assert types[-1] == "connected"
    assert "_posthog/turn_complete" in second.methods()
    second.close()


def test_the_log_and_the_stream_have_the_same_stamps(ready):
    """Known weakness 8."""
    stream = wait_connected(ready.events())
    ready.plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    logged = {json.dumps(e) for e in ready.plane.entries}
    shared = [e for e in stream.events if json.dumps(e) in logged]
    methods = [e["notification"].get("method") for e in shared]
    assert "_posthog/run_started" in methods
    assert "_posthog/turn_complete" in methods
    stream.close()


def test_a_stream_ends_in_good_order_on_sigterm(ready):
    stream = wait_connected(ready.events())
    assert ready.terminate() == 0
    stream.wait_for_end()
    assert stream.ended_well


def test_a_client_that_reads_nothing_harms_nobody(house):
    server = house.start(env=PINNED, script={
        "turn": [{"chunk": "x" * 100000}] * 100})
    server.wait_ready()

    lazy = socket.create_connection(("127.0.0.1", server.port), 5)
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                 + server.token().encode() + b"\r\n\r\n")
    eager = wait_connected(server.events())
    server.command("user_message", {"content": "much"}, timeout=60)
    wait_turn(eager)
    assert server.health()["hasSession"] is True
    eager.close()
    lazy.close()


MISSING = ("Missing authorization header", "invalid_token")
SIGNATURE = ("Invalid signature", "invalid_signature")


def assert_refused(server, token, message, code, header=None):
    headers = {} if header is None else {"Authorization": header}
    status, _, body = server.request("GET", "/events", token=token,
                                     headers=headers)
    assert status == 401
    answer = json.loads(body)
    assert answer["code"] == code
    if message.endswith(":"):
        assert answer["error"].startswith(message)
    else:
        assert answer["error"] == message
    assert list(answer) == ["error", "code"]


@pytest.mark.parametrize("header", [None, "", "Basic abc", "bearer abc",
                                    "Token abc"])
def test_no_bearer_token(ready, header):
    assert_refused(ready, None, *MISSING, header=header)


def test_an_expired_token(ready):
    assert_refused(ready, ready.token(exp=int(time.time()) - 1),
                   "Token expired", "expired")


def test_tokens_with_a_wrong_signature(ready, keys):
    good = ready.token()
    head, payload, signature = good.split(".")
    middle = len(signature) // 2
    flipped = "A" if signature[middle] != "A" else "B"
    bad = [
        "", "nonsense", "a.b.c", f"{head}.{payload}", f"{head}.{payload}.",
        ".".join([head, payload,
                  signature[:middle] + flipped + signature[middle + 1:]]),
        Keys().token(ready.run_id),
        jwt.encode(jwt.decode(good, options={"verify_signature": False}),
                   "secret", "HS256"),
        jwt.encode(jwt.decode(good, options={"verify_signature": False}),
                   None, "none"),
        ready.token(algorithm="RS384"), ready.token(algorithm="PS256"),
        ready.token(aud="posthog:sandbox_event_ingest"),
        ready.token(without=["aud"]),
        ready.token(nbf=int(time.time()) + 1000),
    ]
    for token in bad:
        assert_refused(ready, None, *SIGNATURE, header=f"Bearer {token}")


@pytest.mark.parametrize("without, claims", [
    (["run_id"], {}), (["task_id"], {}), (["distinct_id"], {}),
    (["team_id"], {}), (["user_id"], {}), (["exp"], {}),
    ([], {"run_id": 5}), ([], {"team_id": "1"}), ([], {"mode": "other"}),
    ([], {"mode": None}),
    ([], {"aud": ["posthog:sandbox_connection", "other"]})])
def test_tokens_without_what_is_needed(ready, without, claims):
    token = ready.keys.token(**{"run_id": ready.run_id, **claims},
                             without=without)
    assert_refused(ready, token, "Missing required fields:", "invalid_token")


@pytest.mark.parametrize("claims", [
    {"mode": "background"}, {"exp": time.time() + 1000.5},
    {"iat": int(time.time()) + 1000}, {"extra": {"deep": True}},
    {"user_id": 0}])
def test_tokens_that_are_good(ready, claims):
    stream = ready.events(ready.token(**claims))
    assert stream.status == 200
    stream.close()


def test_a_token_of_another_run_is_refused_and_changes_nothing(ready):
    """Known weakness 6: it rebuilt the session for the other run."""
    status, _, _ = ready.request("GET", "/events",
                                 token=ready.token(run_id=new_id()))
    assert status in (401, 403)
    assert ready.health()["hasSession"] is True
    assert len(ready.agent.started) == 1
