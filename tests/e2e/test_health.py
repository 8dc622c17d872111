"""GET /health, and how the HTTP edge behaves around it."""
import concurrent.futures
import json
import re
import socket
import threading
import time

import client
import processes
import pytest
from servers import PINNED
from fakes.http_fake import Answer

PHASES = ["context_fetch", "acp_initialize", "repository_ready",
          "session_dependencies", "session_create"]


@pytest.fixture
def waiting(house):
    """A server whose agent does not answer `initialize`."""
    server = house.start(env=PINNED, script={"at": {"initialize": "hang"}})
    server.wait_listening()
    return server


def test_the_body_begins_as_every_caller_expects(waiting):
    status, headers, body = waiting.request("GET", "/health")
    assert status == 200
    assert body.startswith(b'{"status":"ok","hasSession":false,')
    headers = {k.lower(): v for k, v in headers.items()}
    assert headers["content-type"] == "application/json"
    assert headers["content-length"] == str(len(body))


def test_a_session_shows_in_the_body(ready):
    body = ready.request("GET", "/health")[2]
    assert body.startswith(b'{"status":"ok","hasSession":true,')
    health = json.loads(body)
    assert health["readiness"] == "ready"
    assert isinstance(health["bootMs"], int)
    assert isinstance(health["sessionInitMs"], int)
    boot = health["boot"]
    assert boot["contractVersion"] == 1
    assert boot["bootId"]
    assert set(boot["phasesMs"]) <= set(PHASES)
    assert {"context_fetch", "acp_initialize", "session_create"} <= \
        set(boot["phasesMs"])
    assert boot["totalMs"] >= boot["httpReadyMs"] >= 0
    assert isinstance(health["capabilities"], list)
    assert "waitingFor" not in health
    assert "failureClass" not in health


def test_a_starting_server_says_what_it_waits_for(waiting):
    health = processes.wait_until(
        lambda: (h := waiting.health())["boot"].get("currentPhase")
        == "acp_initialize" and h, 10, "the agent's turn to be waited for")
    assert health["readiness"] == "starting"
    phases = health["waitingFor"]
    phases = phases if isinstance(phases, list) else [phases]
    assert "acp_initialize" in [p["phase"] for p in phases]
    for one in phases:
        assert "since" in " ".join(one).lower()
        assert "deadline" in " ".join(one).lower()


def test_what_is_retried_shows_while_starting(house):
    plane = house.plane()
    plane.always["GET run"] = plane.always["GET task"] = \
        Answer(503)
    server = house.start(plane=plane, env=PINNED)
    plane.wait_for_kind("GET run", 2)
    assert "503" in json.dumps(server.health()["waitingFor"])


def test_the_launchers_start_is_reported(house):
    began = time.time() * 1000 - 1234
    server = house.start(env={
        **PINNED, "POSTHOG_AGENT_LAUNCH_STARTED_AT_MS": str(int(began))})
    boot = server.wait_ready()["boot"]
    assert 1234 <= boot["launcherToProcessMs"] < 11234


def test_a_waiter_is_answered_the_moment_the_session_opens(house):
    server = house.start(env=PINNED,
                         script={"delay": {"initialize": 1.0}})
    server.wait_listening()
    began = time.monotonic()
    health = server.health("?wait=hasSession&timeout=20")
    assert health["hasSession"] is True
    assert time.monotonic() - began < 10


def test_a_waiter_is_answered_the_moment_the_boot_fails(house):
    server = house.start(env=PINNED, script={
        "delay": {"start": 0.5}, "at": {"start": "exit"}})
    server.wait_listening()
    health = server.health("?wait=hasSession&timeout=20")
    assert health["readiness"] == "failed"
    assert health["status"] == "ok"
    assert health["hasSession"] is False
    assert health["failureClass"] == "agent_crashed"
    assert health["boot"]["failedPhase"] == "acp_initialize"


def test_an_expired_waiter_gets_the_current_body(waiting):
    began = time.monotonic()
    health = waiting.health("?wait=hasSession&timeout=0.4")
    assert 0.3 < time.monotonic() - began < 5
    assert health["readiness"] == "starting"


def test_a_waiter_that_leaves_harms_nobody(waiting):
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", waiting.port), 5) as s:
            s.sendall(b"GET /health?wait=hasSession&timeout=30 HTTP/1.1\r\n"
                      b"Host: x\r\n\r\n")
    assert waiting.health()["readiness"] == "starting"


def test_other_query_keys_are_ignored_and_never_logged(house):
    server = house.start(env=PINNED)
    server.wait_ready()
    secret = "connect-token-8f2b"
    for path in (f"/health?_modal_connect_token={secret}",
                 f"/health?wait=other&_modal_connect_token={secret}"):
        status, _, body = server.request("GET", path)
        assert status == 200
        assert json.loads(body)["hasSession"] is True
    status, _, _ = server.request(
        "POST", f"/command?_modal_connect_token={secret}",
        body={"jsonrpc": "2.0", "id": 1, "method": "cancel"},
        token=server.token())
    assert status == 200
    server.terminate()
    assert secret not in server.log + server.errors


def test_head_answers_as_get_without_a_body(ready):
    answer = client.raw(ready.port,
                        b"HEAD /health HTTP/1.1\r\nHost: x\r\n"
                        b"Connection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert re.search(rb"content-length: [1-9]", head, re.I)
    assert body == b""


def test_head_events_opens_no_stream(ready):
    answer = client.raw(
        ready.port, b"HEAD /events HTTP/1.1\r\nHost: x\r\n"
        b"Connection: close\r\nAuthorization: Bearer "
        + ready.token().encode() + b"\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body == b""


@pytest.mark.parametrize("method, path", [
    ("GET", "/"), ("GET", "/health/"), ("GET", "/healthz"),
    ("POST", "/health"), ("GET", "/command"), ("POST", "/events"),
    ("PUT", "/command"), ("DELETE", "/events"), ("GET", "/events/"),
    ("PATCH", "/health"), ("OPTIONS", "/health")])
def test_an_unknown_path_or_a_wrong_method_is_not_found(ready, method, path):
    status, headers, body = ready.request(method, path)
    assert (status, body) == (404, b'{"error":"Not found"}')
    headers = {k.lower(): v for k, v in headers.items()}
    assert headers["content-type"] == "application/json"


def test_a_body_over_32_mib_is_refused(ready):
    status, _, body = ready.request(
        "POST", "/command", body=b" " * ((32 << 20) + 1),
        token=ready.token(), timeout=30)
    assert status == 413
    assert "error" in json.loads(body)
    assert ready.health()["hasSession"] is True


def test_a_body_over_64_mib_is_refused_too(ready):
    status, _, body = ready.request(
        "POST", "/command", body=b" " * ((64 << 20) + 1),
        token=ready.token(), timeout=30)
    assert status == 413
    assert "error" in json.loads(body)


def test_a_body_of_32_mib_is_taken(ready):
    text = "x" * ((32 << 20) - 200)
    answer = ready.command("user_message", {"content": text}, timeout=60)
    assert answer["result"]["stopReason"] == "end_turn"


@pytest.mark.parametrize("garbage", [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
    b"GET\r\n\r\n", b"nonsense\r\n\r\n",
    b"POST /command HTTP/1.1\r\nContent-Length: many\r\n\r\n"])
def test_a_parse_error_closes_the_connection_and_harms_nobody_else(
        ready, garbage):
    stream = ready.events()
    client.raw(ready.port, garbage)
    assert ready.health()["hasSession"] is True
    ready.command("user_message", {"content": "still there?"})
    stream.wait_for_method("_posthog/turn_complete")
    stream.close()


def test_several_requests_share_a_connection(ready):
    with socket.create_connection(("127.0.0.1", ready.port), 5) as s:
        for _ in range(3):
            s.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            received = b""
            while b"\r\n\r\n" not in received:
                received += s.recv(65536)
            head, _, body = received.partition(b"\r\n\r\n")
            length = int(re.search(rb"content-length: (\d+)", head,
                                   re.I)[1])
            while len(body) < length:
                body += s.recv(65536)
            assert json.loads(body)["status"] == "ok"


def test_500_clients_poll_and_wait_while_it_boots(house):
    server = house.start(env=PINNED,
                         script={"delay": {"initialize": 2.0}})
    server.wait_listening()
    started = threading.Barrier(50)
    stop = threading.Event()

    def poll():
        started.wait(10)
        answers = 0
        while not stop.is_set():
            if server.health(timeout=20)["hasSession"]:
                break
            answers += 1
            time.sleep(0.1)
        return answers

    request = (b"GET /health?wait=hasSession&timeout=30 HTTP/1.1\r\n"
               b"Host: x\r\nConnection: close\r\n\r\n")
    waiters = []
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        polls = [pool.submit(poll) for _ in range(50)]
        try:
            for _ in range(450):
                waiter = socket.create_connection(
                    ("127.0.0.1", server.port), 20)
                waiter.sendall(request)
                waiters.append(waiter)
            for waiter in waiters:
                received = b""
                while piece := waiter.recv(65536):
                    received += piece
                assert b'"hasSession":true' in received
            assert [p.result(30) for p in polls]
        finally:
            stop.set()
            for waiter in waiters:
                waiter.close()
