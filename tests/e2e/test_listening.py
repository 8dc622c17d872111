"""Where the server listens, and what happens when it cannot."""
import socket

import client
import pytest
from fakes.http_fake import Hang
from servers import PINNED, free_port


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def test_all_interfaces_are_served_by_default(house):
    server = house.start(env=PINNED)
    server.wait_ready()
    assert client.request(server.port, "GET", "/health")[0] == 200
    if has_ipv6():
        with socket.create_connection(("::1", server.port), 5) as s:
            s.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n"
                      b"Connection: close\r\n\r\n")
            assert s.recv(100).startswith(b"HTTP/1.1 200 ")


def test_a_host_can_be_named(house):
    server = house.start(env=PINNED, args={"--host": "127.0.0.1"})
    server.wait_ready()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", server.port), 2)


def test_a_port_in_use_is_named(house):
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", port))
        taken.listen()
        server = house.start(env=PINNED, args={"--port": str(port)})
        assert server.wait_exit() == 1
    assert str(port) in server.log + server.errors
    house.assert_no_orphans()


FATAL = "\nFatal agent-server error; marking run failed: bad_config: "


def test_a_port_in_use_marks_the_run_failed(house):
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", port))
        taken.listen()
        server = house.start(env=PINNED, args={"--port": str(port)})
        assert server.wait_exit() == 1
    assert FATAL + f"--port {port}: " in "\n" + server.log
    assert [p["status"] for p in server.plane.patches] == ["failed"]
    assert f"--port {port}" in server.plane.patches[0]["error_message"]


def test_a_second_server_leaves_the_first_and_its_run_alone(house):
    first = house.start(env=PINNED)
    first.wait_ready()
    token = (first.state / "trace-token").read_text()
    second = house.start(plane=first.plane, env={
        **PINNED, "POSTHOG_AGENT_STATE_DIR": str(first.state)},
        args={"--port": str(first.port)})
    assert second.wait_exit() == 1
    assert "an agent-server of this run answers" in second.log
    assert "marking run failed:" not in second.log
    assert "failed" not in first.plane.statuses
    assert (first.state / "trace-token").read_text() == token
    assert first.boot_report(token)["complete"] is True
    assert second.agent.received("session/new") == []


@pytest.mark.parametrize("number", range(4))
def test_a_second_server_without_an_agent_leaves_the_run_alone(house, number):
    first = house.start(env=PINNED)
    first.wait_ready()
    second = house.start(plane=first.plane, agent="/no/such/agent", env={
        **PINNED, "POSTHOG_AGENT_STATE_DIR": str(first.state)},
        args={"--port": str(first.port)})
    assert second.wait_exit() == 1
    assert "marking run failed:" not in second.log
    assert "failed" not in first.plane.statuses


def test_a_port_of_another_run_marks_the_run_failed(house):
    first = house.start(env=PINNED)
    first.wait_ready()
    second = house.start(env=PINNED, args={"--port": str(first.port)})
    assert second.wait_exit() == 1
    second.plane.wait_for(lambda p: p.statuses == ["failed"])
    assert "failed" not in first.plane.statuses


def test_a_bad_state_directory_marks_the_run_failed(house, tmp_path):
    (tmp_path / "file").write_text("")
    server = house.start(env={
        **PINNED, "POSTHOG_AGENT_STATE_DIR": str(tmp_path / "file")})
    assert server.wait_exit() == 1
    assert FATAL + "The state directory" in "\n" + server.log
    assert server.plane.statuses == ["failed"]


def test_a_start_that_fails_ends_in_time_when_nobody_can_be_told(house,
                                                                 tmp_path):
    (tmp_path / "file").write_text("")
    plane = house.plane()
    plane.always["PATCH run"] = Hang()
    server = house.start(plane=plane, env={
        **PINNED, "POSTHOG_AGENT_STATE_DIR": str(tmp_path / "file")})
    assert server.wait_exit(5) == 1
    assert "could not be marked failed" in server.log


def test_a_port_is_taken_again_at_once_after_an_end(house):
    server = house.start(env=PINNED)
    server.wait_ready()
    server.terminate()
    again = house.start(env=PINNED, args={"--port": str(server.port)})
    again.port = server.port
    again.wait_ready()


def test_running_out_of_descriptors_harms_only_for_a_while(house):
    server = house.start(
        env=PINNED, wrapper=["/bin/bash", "-c", 'ulimit -n 64; exec "$@"',
                             "sh"])
    server.wait_ready()
    held = []
    try:
        for _ in range(150):
            held.append(socket.create_connection(("127.0.0.1", server.port),
                                                 2))
    finally:
        for one in held:
            one.close()
    assert server.health(timeout=10)["hasSession"] is True
